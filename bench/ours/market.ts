import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { homePaths } from '../../src/config/home.ts'
import { connectNode } from '../../src/http/client.ts'
import type { Document } from '../harness/document.ts'
import type { BenchPackage } from '../harness/package-set.ts'
import { writeSource } from '../harness/package-set.ts'
import { runNode } from '../harness/run-command.ts'
import type { RunningNode } from './running-node.ts'
import { openRunningNode } from './running-node.ts'
import type { StaticServer } from './static-server.ts'
import { openStaticServer } from './static-server.ts'

/** A hive of two nodes: one that published a set, and one that heard of it and has none of its bytes. */
export interface Market extends AsyncDisposable {
  /** A node with a new home that knows every release, connected to the publisher, with settings of its own. Killed when it is disposed. */
  readonly openCustomer: (env?: Readonly<Record<string, string>>) => Promise<Customer>
  readonly publisher: Publisher
}

export interface Publisher {
  readonly home: string
  /** Publishes a folder through the running node, without a process of its own; milliseconds. */
  readonly publish: (folder: string) => Promise<number>
  /** The same by the command. */
  readonly publishByCommand: (folder: string) => Promise<number>
}

export interface Customer extends AsyncDisposable {
  readonly home: string
  readonly pid: number
  /** `althing install` in a project, as a person types it; milliseconds from before the process is started to its end. */
  readonly install: (project: string, words?: readonly string[]) => Promise<number>
}

export interface MarketOptions {
  readonly launcher: string
  readonly folder: string
  readonly packages: readonly BenchPackage[]
  /** `market.sharing` of the customer. */
  readonly sharing: string
  /** Whether all is exported as a registry of files too, which customers know. */
  readonly hasRegistry?: boolean
  readonly signal: AbortSignal
}

/** Longest wait for the other node, in milliseconds. */
const deadlineMs = 60_000

/** Publishes a set on one node and lets another hear of it. */
export async function openMarket(options: MarketOptions): Promise<Market> {
  const { launcher, folder, packages, signal } = options
  const stack = new AsyncDisposableStack()
  try {
    const home = join(folder, 'publisher')
    const node = stack.use(await openRunningNode({ launcher, home, signal }))
    const code = (await node.command(['hive', 'invite'])).text('code')
    const publisher: Publisher = {
      home,
      publish: (source) => publishThrough(home, source, signal),
      publishByCommand: async (source) => (await runNode([launcher, 'publish', source, '--home', home], { signal })).ms,
    }
    for (const one of packages) await publisher.publish(await writeSource(join(folder, 'sources'), one))
    const template = join(folder, 'customer')
    const registry = options.hasRegistry === true ? stack.use(await openRegistry(node, join(folder, 'registry'))) : undefined
    await prepareCustomer(options, { template, code, registry: registry?.url })
    let count = 0
    const openCustomer: Market['openCustomer'] = async (env = {}) => {
      const own = join(folder, `customer-${(count += 1)}`)
      await cp(template, own, { recursive: true })
      return startCustomer(options, own, env)
    }
    return { publisher, openCustomer, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Lays out a project of ours, empty or with a lock. */
export async function writeProject(project: string, lock?: Uint8Array): Promise<string> {
  await mkdir(project, { recursive: true })
  await writeFile(join(project, 'althing.toml'), '')
  if (lock !== undefined) await writeFile(join(project, 'althing.lock'), lock)
  return project
}

/** Joins, hears of everything, and stops in order. */
async function prepareCustomer(
  { launcher, packages, signal }: MarketOptions,
  { template, code, registry }: { readonly template: string; readonly code: string; readonly registry: string | undefined },
): Promise<void> {
  await runNode([launcher, 'hive', 'join', code, '--handle', 'customer', '--home', template], { signal })
  await using node = await openRunningNode({ launcher, home: template, signal })
  const last = packages.at(-1)?.name ?? ''
  await until('the other node to hear of all packages', signal, () =>
    node.command(['info', last]).then(
      () => true,
      () => false,
    ),
  )
  if (registry !== undefined) await node.command(['registry', 'add', 'bench', registry])
  await node.command(['p2p', 'stop'])
}

/** What a node has, exported and behind a web server. */
async function openRegistry(node: RunningNode, folder: string): Promise<StaticServer> {
  await node.command(['registry', 'export', folder])
  return await openStaticServer(folder)
}

async function startCustomer(
  { launcher, sharing, signal }: MarketOptions,
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<Customer> {
  const node = await openRunningNode({ launcher, home, signal, env: { ALTHING_MARKET_SHARING: sharing, ...env } })
  await until('the two nodes to be connected', signal, async () => isConnected(await node.command(['p2p', 'status'])))
  return {
    home,
    pid: node.pid,
    install: async (project, words = []) =>
      (await runNode([launcher, 'install', ...words, '--directory', project, '--home', home], { signal })).ms,
    [Symbol.asyncDispose]: () => closeCustomer(node, home),
  }
}

async function closeCustomer(node: RunningNode, home: string): Promise<void> {
  await node[Symbol.asyncDispose]()
  await rm(home, { recursive: true, force: true })
}

function isConnected(status: Document): boolean {
  return status.document('connections').number('admitted') > 0
}

async function publishThrough(home: string, path: string, signal: AbortSignal): Promise<number> {
  await using node = await connectNode(homePaths(home))
  if (node === undefined) throw new Error(`no node runs on ${home}`)
  const startedAt = performance.now()
  await node.call('p2p.publish', { path }, { signal, hive: undefined, report: () => {} })
  return performance.now() - startedAt
}

async function until(what: string, signal: AbortSignal, isSo: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedAt > deadlineMs) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await sleep(100, undefined, { signal })
  }
}
