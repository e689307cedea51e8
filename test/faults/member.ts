import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { storePaths } from '../../src/store/store-paths.ts'
import type { Running } from '../e2e/command.ts'
import type { Machine, Village } from '../e2e/machine.ts'
import { list, namedOf, text, writePackage } from '../e2e/machine.ts'

/** Longest wait for what other processes are to do, in milliseconds; far above what a busy machine needs. */
const deadlineMs = 90_000

/** A machine whose node runs, asked over its socket: a process for each question would take longer than the fault. */
export interface Member extends Machine {
  readonly peer: string
  readonly node: Running
  /** Publishes a small package; gives its name. */
  readonly publish: (name: string, options?: { readonly bytes?: number }) => Promise<string>
}

/** The machine whose node was just started. */
export async function openMember(village: Village, machine: Machine, node: Running): Promise<Member> {
  return {
    ...machine,
    node,
    peer: text(await machine.call('p2p.status'), 'node', 'peerId'),
    publish: async (name, options) => {
      await machine.call('p2p.publish', { path: writePackage(village, name, options) })
      return name
    },
  }
}

/** Asks every member again until each answers as wanted. @throws Error after 90 s, with the last answer */
export async function untilAll<T>(
  members: readonly Member[],
  ask: (member: Member) => Promise<T> | T,
  isWanted: (answer: T) => boolean,
): Promise<void> {
  const startedAt = performance.now()
  for (const member of members) {
    for (let answer = await ask(member); !isWanted(answer); answer = await ask(member)) {
      if (performance.now() - startedAt > deadlineMs) throw new Error(`${member.name} still says ${JSON.stringify(answer)}`)
      await pause(100)
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
  return text(namedOf(await member.call('marketplace.install', { packages: [name], directory: member.project })), 'digest')
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
