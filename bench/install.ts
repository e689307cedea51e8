import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { compare } from './harness/compare.ts'
import type { Contestant, Figure, Peer } from './harness/compare.ts'
import type { BenchPackage } from './harness/package-set.ts'
import { createPackageSet, describeSet, rootsOf } from './harness/package-set.ts'
import type { Context, Question } from './harness/question.ts'
import { runNode } from './harness/run-command.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openInstalled } from './ours/installed.ts'
import type { Customer, Market } from './ours/market.ts'
import { openMarket, writeProject } from './ours/market.ts'
import type { NpmClient } from './peers/npm-clients.ts'
import { createNpm, createPnpm, writeNpmProject } from './peers/npm-clients.ts'
import type { Verdaccio } from './peers/verdaccio.ts'
import { openVerdaccio } from './peers/verdaccio.ts'

const seed = 1

/** How long a project waits for its packages. */
export const question: Question = {
  name: 'install',
  asks: 'How long does a project with 100 packages wait: with nothing on the machine, with all of it, and with nothing to do?',
  ask: async (context) => {
    const packages = createPackageSet(context.quick ? 20 : 100, seed)
    await using folder = await openTemporaryFolder()
    await using installed = await openInstalled(context)
    await using verdaccio = await openVerdaccio({ folder: join(folder.path, 'verdaccio'), signal: context.signal })
    for (const one of packages) await verdaccio.put(one)
    const rows: Figure[] = []
    for (const sharing of ['link', 'copy']) {
      const home = join(folder.path, sharing)
      await using market = await openMarket({ launcher: installed.launcher, folder: home, packages, sharing, signal: context.signal })
      const stage = { folder: home, packages, market, verdaccio, sharing, launcher: installed.launcher }
      rows.push(...(await askInstall(context, stage)))
    }
    return {
      figures: rows,
      conditions: [
        `${describeSet(packages)}, made from a seed, each with up to four dependencies; the same bytes for all, as our archives and as npm tarballs; ${rootsOf(packages).length} are asked for, the rest is needed by them`,
        'cold: a lock, and nothing else on the machine; warm: what a cold install left, and the project gone; nothing to do: all is there; each from before the command is started to its end',
        'ours: a running node that heard of every release before, connected to the one node that has the bytes, both on loopback; every file hashed against its name and its signed archive, fsynced with its folders before the lock says it is there',
        'link: files are read-only hard links into the store of the home, which `auto` takes for users other than root; copy: each project has files of its own, fsynced, which `auto` takes for root where the file system has no clones',
        `peers: verdaccio ${verdaccio.version} on loopback without uplinks, npm and pnpm with a lockfile, scripts off and a cache of their own; neither fsyncs what it installs`,
      ],
    }
  },
}

interface Stage {
  readonly folder: string
  readonly packages: readonly BenchPackage[]
  readonly market: Market
  readonly verdaccio: Verdaccio
  readonly sharing: string
  readonly launcher: string
}

async function askInstall(context: Context, stage: Stage): Promise<readonly Figure[]> {
  const { folder, packages, market, sharing } = stage
  const clients = await openClients(context, stage)
  await using first = await market.openCustomer()
  const project = await writeProject(join(folder, 'project'))
  await first.install(project, rootsOf(packages))
  const lock = await readFile(join(project, 'althing.lock'))
  const cold: Contestant = {
    name: `althing install (${sharing})`,
    measure: async (round) => {
      await using customer = await market.openCustomer()
      return await customer.install(await writeProject(join(folder, `cold-${round}`), lock))
    },
  }
  const warm: Contestant = {
    name: `althing install (${sharing})`,
    measure: (round) => installAnew(first, join(folder, `warm-${round}`), lock),
  }
  const idle: Contestant = { name: `althing install (${sharing})`, measure: async () => first.install(project) }
  const rounds = context.quick ? { rounds: 2, warmups: 1 } : { rounds: 9, warmups: 1 }
  const many = context.quick ? rounds : { rounds: 31, warmups: 3 }
  const common = { unit: 'ms' }
  const nothing: Peer = { name: 'node -e 0', measure: async () => (await runNode(['-e', '0'], context)).ms, aim: { atMost: 1.5 } }
  return [
    ...(await compare(context, { ...common, what: 'cold', ours: cold, peers: clients.map((client) => client.cold), ...rounds })),
    ...(await compare(context, { ...common, what: 'warm', ours: warm, peers: clients.map((client) => client.warm), ...rounds })),
    ...(await compare(context, {
      ...common,
      what: 'nothing to do',
      ours: idle,
      peers: [nothing, ...clients.map((client) => client.idle)],
      ...many,
    })),
  ]
}

async function installAnew(customer: Customer, path: string, lock: Uint8Array): Promise<number> {
  const project = await writeProject(path, lock)
  const ms = await customer.install(project)
  await rm(path, { recursive: true, force: true })
  return ms
}

interface ClientTurns {
  readonly cold: Peer
  readonly warm: Peer
  readonly idle: Peer
}

async function openClients(context: Context, { folder, packages, verdaccio }: Stage): Promise<readonly ClientTurns[]> {
  const turns: ClientTurns[] = []
  for (const [make, coldAim, warmAim] of [
    [createPnpm, 0.8, 1],
    [createNpm, undefined, undefined],
  ] as const) {
    const options = { registry: verdaccio.url, cache: join(folder, `cache-of-${make.name}`), signal: context.signal }
    const client = make(options)
    const project = await writeNpmProject(join(folder, make.name), options, rootsOf(packages))
    await client.lock(project)
    turns.push({
      cold: { ...aimed(coldAim), name: client.name, measure: () => installCold(client, project) },
      warm: { ...aimed(warmAim), name: client.name, measure: () => installWarm(client, project) },
      idle: { name: client.name, measure: () => client.install(project) },
    })
  }
  return turns
}

function aimed(atMost: number | undefined): { readonly aim?: { readonly atMost: number } } {
  return atMost === undefined ? {} : { aim: { atMost } }
}

async function installCold(client: NpmClient, project: string): Promise<number> {
  await client.forget()
  return installWarm(client, project)
}

async function installWarm(client: NpmClient, project: string): Promise<number> {
  await rm(join(project, 'node_modules'), { recursive: true, force: true })
  return client.install(project)
}
