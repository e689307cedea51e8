import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { homePaths } from '../../src/config/home.ts'
import { connectNode } from '../../src/http/client.ts'
import { storePaths } from '../../src/store/store-paths.ts'
import type { Running } from '../e2e/command.ts'
import type { Answer, Machine, Village } from '../e2e/machine.ts'
import { list, openVillage, text, writePackage } from '../e2e/machine.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** Why tests of this kind cannot run here, or false. */
export const isUnable = process.platform === 'linux' ? false : 'needs every address of 127.0.0.0/8 on loopback, which Linux has'

/** A machine whose node runs, asked over its socket: a process for each question would take longer than the fault. */
export interface Member extends Machine {
  readonly peer: string
  readonly node: Running
  readonly call: (operation: string, input?: Answer) => Promise<Answer>
  /** Publishes a small package; gives its name. */
  readonly publish: (name: string, options?: { readonly bytes?: number }) => Promise<string>
}

export interface ProxiedHive {
  readonly village: Village
  readonly proxy: TcpProxy
  /** A machine that others reach by the proxy alone. Its node does not run. */
  readonly settle: (name: string) => Promise<Machine>
  /** Has it found a hive, or join that of `root`, and starts its node. */
  readonly admit: (machine: Machine, root?: Member) => Promise<Member>
}

/** Connections are given up and made again in parts of a second, and nobody waits for copies. */
const impatience = {
  ALTHING_NETWORK_DIAL_TIMEOUT_MS: '2000',
  ALTHING_NETWORK_REDIAL_BASE_MS: '200',
  ALTHING_NETWORK_REDIAL_MAX_MS: '1000',
  ALTHING_MARKET_COPIES_TIMEOUT_MS: '200',
  ALTHING_MARKET_ANNOUNCE_TIMEOUT_MS: '200',
  ALTHING_JOURNAL_OWN_HEAD_TIMEOUT_MS: '500',
  ALTHING_JOURNAL_HEADS_INTERVAL_MS: '2000',
}
const preload = new URL('preload/bind-source.ts', import.meta.url).href
const port = 4001
const deadlineMs = 30_000

/** Lays out machines that know each other by proxied addresses only: nobody is told where a node listens. */
export async function openProxiedHive(t: TestContext, settings: Readonly<Record<string, string>> = {}): Promise<ProxiedHive> {
  const proxy = new TcpProxy()
  const village = openVillage(t, { ...impatience, ...settings })
  t.after(() => proxy[Symbol.asyncDispose]())
  // A corner of loopback for each test, so that every machine has an address, and its port, to itself.
  const corner = `127.${randomInt(1, 255)}.${randomInt(255)}`
  let count = 0
  return {
    village,
    proxy,
    settle: async (name) => {
      count += 1
      const host = `${corner}.${count}`
      const front = await proxy.stand({ name, host, port })
      return village.settle(name, {
        ALTHING_NETWORK_LISTEN: `/ip4/${host}/tcp/${port}`,
        ALTHING_NETWORK_ANNOUNCE: `/ip4/127.0.0.1/tcp/${front}`,
        NODE_OPTIONS: `--import ${preload}`,
        FAULT_SOURCE: host,
      })
    },
    admit: async (machine, root) => {
      if (root !== undefined) {
        const code = text(await root.call('hive.invite'), 'code')
        await machine.ask('hive', 'join', code, '--handle', machine.name)
      }
      const node = await machine.start()
      return openMember(village, machine, node)
    },
  }
}

async function openMember(village: Village, machine: Machine, node: Running): Promise<Member> {
  const call: Member['call'] = async (operation, input = {}) => {
    await using client = await connectNode(homePaths(machine.home))
    assert.ok(client !== undefined, `${machine.name} has no node`)
    return (await client.call(operation, input, { signal: AbortSignal.timeout(deadlineMs) })) as Answer
  }
  return {
    ...machine,
    node,
    call,
    peer: text(await call('p2p.status'), 'node', 'peerId'),
    publish: async (name, options) => {
      await call('p2p.publish', { path: writePackage(village, name, options) })
      return name
    },
  }
}

/** Asks every member again until each answers as wanted. @throws Error after 30 s, with the last answer */
export async function untilAll<T>(
  members: readonly Member[],
  ask: (member: Member) => Promise<T> | T,
  isWanted: (answer: T) => boolean,
): Promise<void> {
  const startedAt = performance.now()
  for (const member of members) {
    for (let answer = await ask(member); !isWanted(answer); answer = await ask(member)) {
      if (performance.now() - startedAt > deadlineMs) throw new Error(`${member.name} still says ${JSON.stringify(answer)}`)
      await pause(25)
    }
  }
}

/** Waits until each is connected to so many members. */
export async function untilConnected(members: readonly Member[], count: number): Promise<void> {
  await untilAll(members, neighboursOf, (peers) => peers.length === count)
}

/** Peer ids of the members somebody is connected to. */
export async function neighboursOf(member: Member): Promise<readonly string[]> {
  const peers = list(await member.call('p2p.peers'), 'peers')
  return peers.filter((peer) => peer['admitted'] === true).map((peer) => text(peer, 'peer'))
}

/** Names of all packages somebody lists, sorted. */
export async function packagesOf(member: Member): Promise<readonly string[]> {
  return list(await member.call('p2p.search', { limit: 200 }), 'packages')
    .map((hit) => text(hit, 'name'))
    .toSorted()
}

/** The newest entry of every author as it is on somebody's disk. */
export function headsOf(machine: Machine): readonly unknown[] {
  using database = new DatabaseSync(storePaths(machine.home).database, { readOnly: true })
  const ends = database.prepare(`select c.node, c.incarnation, max(e.seq) as seq, count(*) as entries, hex(e.digest) as digest
    from entry e join chain c on c.id = e.chain group by c.id order by c.node, c.incarnation`)
  return ends.all().map((row) => ({ ...row }))
}

/** Installs a package in the project of a machine, and gives the digest of what was installed. */
export async function installOf(member: Member, name: string): Promise<string> {
  return text(await member.call('marketplace.install', { package: name, directory: member.project }), 'digest')
}

/** Waits until all list the same packages, then holds that their journals are the same and that each can install `sample`. */
export async function assertConverged(members: readonly Member[], packages: readonly string[], sample: readonly string[]): Promise<void> {
  const wanted = JSON.stringify(packages.toSorted())
  await untilAll(members, packagesOf, (names) => JSON.stringify(names) === wanted)
  const [first, ...others] = members
  assert.ok(first !== undefined)
  await untilAll(others, headsOf, (heads) => JSON.stringify(heads) === JSON.stringify(headsOf(first)))
  for (const name of sample) {
    const digests = await Promise.all(members.map(async (member) => installOf(member, name)))
    assert.equal(new Set(digests).size, 1, `${name} is not the same everywhere`)
  }
}

/** Holds that nobody knows an address that leads around the proxy. */
export async function assertProxied(members: readonly Member[]): Promise<void> {
  for (const member of members) {
    for (const peer of list(await member.call('p2p.peers'), 'peers')) assert.match(text(peer, 'address'), /^\/ip4\/127\.0\.0\.1\//)
  }
}
