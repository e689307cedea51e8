import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultConfig } from '../src/config/load.ts'
import { createSigningKey, peerIdOfKey } from '../src/identity/keys.ts'
import { systemChance } from '../src/lib/chance.ts'
import { systemClock } from '../src/lib/clock.ts'
import { createMemoryNetwork, quietNetwork } from '../src/network/memory.ts'
import { openChild } from './harness/child.ts'
import { compare } from './harness/compare.ts'
import type { Contestant, Peer } from './harness/compare.ts'
import type { Context, Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { fillJournal, openReplica } from './ours/open-replica.ts'
import { createRawEntries, createRawKey, openRawTable, rawDurability, verifyRaw } from './peers/raw-journal.ts'
import type { RawEntry } from './peers/raw-journal.ts'

/** Bytes of a body: a small record. */
const bodyBytes = 300
/** Rows the raw table takes in one commit; as many as one message of ours may hold. */
const groupSize = 512

/** How fast somebody who was away has everything again. */
export const question: Question = {
  name: 'catch-up',
  asks: 'How many records a second does a node take that lacks them, with every one of them on disk?',
  ask: async (context) => {
    const entries = context.quick ? 2000 : 20_000
    const rounds = context.quick ? 2 : 5
    await using folder = await openTemporaryFolder()
    await using peers = await openPeers(folder.path, entries)
    await using nearby = await openNearby(folder.path, entries)
    await using remote = await openRemote(context, folder.path, entries)
    const common = { unit: '/s', peers: peers.peers, rounds, warmups: 1 }
    return {
      figures: [
        ...(await compare(context, { ...common, what: 'catch-up over the in-memory network', ours: nearby.ours })),
        ...(await compare(context, { ...common, what: 'catch-up over libp2p on loopback', ours: remote.ours })),
      ],
      conditions: [
        `${entries} entries of one author, bodies of about ${bodyBytes} bytes, into an empty database in a file: ${rawDurability} on both sides`,
        'ours: from dialling to the last entry on disk; it hashes every header and body, checks the chain, and verifies the signature of the last entry of each batch',
        'in-memory network: both nodes in one process, no latency; libp2p: a process each, noise',
        `raw: node:crypto verifies each signature, SQLite takes ${groupSize} rows to a commit; nothing is sent anywhere`,
      ],
    }
  },
}

interface OurSide extends AsyncDisposable {
  readonly ours: Contestant
}

async function openPeers(folder: string, count: number): Promise<AsyncDisposable & { readonly peers: readonly Peer[] }> {
  const key = createRawKey()
  const table = openRawTable(join(folder, 'raw.sqlite'))
  const contestant = (name: string, verify: boolean, insert: boolean): Peer => ({
    name,
    measure: async () => {
      const rows = createRawEntries(key, count, bodyBytes)
      const startedAt = performance.now()
      for (let at = 0; at < rows.length; at += groupSize) {
        const group: readonly RawEntry[] = rows.slice(at, at + groupSize)
        if (verify) for (const row of group) verifyRaw(key, row)
        if (insert) table.insert(group)
      }
      return perSecond(count, startedAt)
    },
  })
  return {
    peers: [
      contestant('raw Ed25519 verify + raw SQLite insert', true, true),
      contestant('raw Ed25519 verify', true, false),
      contestant('raw SQLite insert', false, true),
    ],
    [Symbol.asyncDispose]: async () => table[Symbol.dispose](),
  }
}

/** Both nodes in this process. */
async function openNearby(folder: string, entries: number): Promise<OurSide> {
  const { network: options } = await defaultConfig()
  await using stack = new AsyncDisposableStack()
  const network = createMemoryNetwork({ clock: systemClock, chance: systemChance }, { ...quietNetwork, latencyMs: 0 })
  const openSide = async (scope: AsyncDisposableStack, name: string) => {
    const key = createSigningKey()
    const host = scope.use(network.openHost(peerIdOfKey(key.publicKey), options))
    return { host, replica: scope.use(await openReplica(host, key, await makeFolder(folder, name))) }
  }
  const ada = await openSide(stack, 'nearby')
  await fillJournal(ada.replica.journal, entries, bodyBytes)
  const owned = stack.move()
  const measure = async (round: number): Promise<number> => {
    await using scope = new AsyncDisposableStack()
    const bob = await openSide(scope, `nearby-${round}`)
    bob.host.admit(ada.host.peerId)
    ada.host.admit(bob.host.peerId)
    const startedAt = performance.now()
    await bob.host.dial(String(ada.host.addresses()[0]), { signal: AbortSignal.timeout(10_000) })
    await bob.replica.untilHas(ada.host.peerId, entries)
    return perSecond(entries, startedAt)
  }
  return { ours: { name: 'replication', measure }, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** A process for each node. */
async function openRemote(context: Context, folder: string, entries: number): Promise<OurSide> {
  await using stack = new AsyncDisposableStack()
  const ada = stack.use(openChild('catch-up-peer', context))
  const there = await ada.ask('open', { folder: await makeFolder(folder, 'remote') })
  await ada.ask('fill', { entries, bodyBytes })
  const owned = stack.move()
  const measure = async (round: number): Promise<number> => {
    await using bob = openChild('catch-up-peer', context)
    const here = await bob.ask('open', { folder: await makeFolder(folder, `remote-${round}`) })
    const [peer, address] = [there.text('peer'), there.text('address')]
    await ada.ask('admit', { peer: here.text('peer') })
    await bob.ask('admit', { peer })
    const said = await bob.ask('catchUp', { peer, address, entries })
    return (entries / said.number('ms')) * 1000
  }
  return { ours: { name: 'replication', measure }, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function makeFolder(folder: string, name: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  return path
}

function perSecond(count: number, startedAt: number): number {
  return (count / (performance.now() - startedAt)) * 1000
}
