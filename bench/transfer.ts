import { randomFillSync } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { openChild } from './harness/child.ts'
import type { Child } from './harness/child.ts'
import { compare } from './harness/compare.ts'
import type { Contestant, Figure, Peer } from './harness/compare.ts'
import type { Context, Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openProviders } from './ours/transfer.ts'
import { stockVersions } from './peers/stock-node.ts'

const MiB = 2 ** 20
/** What each of several providers may send, in bytes a second: far below what the machine can do, so that the caps decide. */
const cap = 8 * MiB
const providerCount = 4

interface Sizes {
  readonly oneProvider: number
  readonly fourProviders: number
  readonly rounds: number
}

/** How fast content travels. */
export const question: Question = {
  name: 'transfer',
  asks: 'How fast does a file come from one provider, and from four with capped lines?',
  ask: async (context) => {
    const sizes = context.quick
      ? { oneProvider: 128 * MiB, fourProviders: 128 * MiB, rounds: 2 }
      : { oneProvider: 1024 * MiB, fourProviders: 256 * MiB, rounds: 3 }
    const figures = [...(await askOneProvider(context, sizes)), ...(await askFourProviders(context, sizes))]
    return {
      figures,
      conditions: [
        `${sizes.oneProvider / MiB} MiB of random bytes over loopback, sender and receiver in a process of their own; connecting is not counted`,
        'ours, disk to disk: read, verified, sent, hashed in chunks of 1 MiB, compression tried, every chunk fsynced and recorded before it counts',
        'peers, disk to disk: read, sent, hashed as one stream, written to one file, one fsync at the end; memory to memory: counted and dropped, nothing hashed or written',
        'one channel: our framed messages of 1 MiB without content behind them, to tell what the network takes and what the disk and the hashing',
        `${stockVersions()}; one stream, yamux windows of 256 KiB to 4 MiB, back-pressure by pause and resume`,
        `four providers: ${sizes.fourProviders / MiB} MiB, each capped at ${cap / MiB} MiB/s; the peer is the sum of the caps`,
      ],
    }
  },
}

async function askOneProvider(context: Context, { oneProvider: bytes, rounds }: Sizes): Promise<readonly Figure[]> {
  await using folder = await openTemporaryFolder()
  const file = await writeRandomFile(join(folder.path, 'source'), bytes)
  await using stack = new AsyncDisposableStack()
  const { signal } = context
  const providers = stack.use(await openProviders({ count: 1, file, bytes, uploadBytesPerSecond: 0, signal }))
  const ours: Contestant = { name: 'Exchange.fetch, disk to disk', measure: async () => rate(bytes, await providers.fetch()) }
  const peers: Peer[] = []
  for (const [transport, name] of [
    ['tcp', 'raw TCP'],
    ['noise', 'libp2p stream, noise'],
    ['tls', 'libp2p stream, TLS'],
  ] as const) {
    const onDisk = { transport, bytes, file }
    const inMemory = { transport, bytes }
    const sender = stack.use(openChild('bulk-peer', context))
    const diskSender = stack.use(openChild('bulk-peer', context))
    const address = (await sender.ask('serve', inMemory)).text('address')
    const diskAddress = (await diskSender.ask('serve', onDisk)).text('address')
    const target = join(folder.path, `received-${transport}`)
    const onDiskPeer = {
      name: `${name}, disk to disk`,
      measure: () => fetchFrom(context, { ...onDisk, address: diskAddress, file: target }),
    }
    peers.push({ name: `${name}, memory to memory`, measure: () => fetchFrom(context, { ...inMemory, address }) }, onDiskPeer)
  }
  const aimed = peers.map((peer) => (peer.name === 'libp2p stream, noise, memory to memory' ? { ...peer, aim: { atLeast: 0.9 } } : peer))
  const channel: Contestant = { name: 'Host channel, memory to memory', measure: async () => rate(bytes, await providers.fetchChannel()) }
  const inMemory = peers.filter(({ name }) => name.endsWith('memory to memory'))
  const common = { unit: 'MB/s', rounds, warmups: 1 }
  return [
    ...(await compare(context, { ...common, what: 'one provider', ours, peers: aimed })),
    ...(await compare(context, { ...common, what: 'one channel', ours: channel, peers: inMemory })),
  ]
}

async function askFourProviders(context: Context, { fourProviders: bytes, rounds }: Sizes): Promise<readonly Figure[]> {
  await using folder = await openTemporaryFolder()
  const file = await writeRandomFile(join(folder.path, 'source'), bytes)
  const options = { count: providerCount, file, bytes, uploadBytesPerSecond: cap, signal: context.signal }
  await using providers = await openProviders(options)
  const ours: Contestant = { name: 'Exchange.fetch, disk to disk', measure: async () => rate(bytes, await providers.fetch()) }
  const sum: Peer = { name: `sum of ${providerCount} caps`, measure: async () => (providerCount * cap) / 1e6, aim: { atLeast: 0.92 } }
  const what = `${providerCount} providers with caps`
  return await compare(context, { what, unit: 'MB/s', ours, peers: [sum], rounds: Math.min(rounds, 3), warmups: 0 })
}

/** A receiver is a new process each time, as ours is. */
async function fetchFrom(context: Context, request: { readonly bytes: number } & Readonly<Record<string, unknown>>): Promise<number> {
  await using receiver: Child = openChild('bulk-peer', context)
  return rate(request.bytes, (await receiver.ask('fetch', request)).number('ms'))
}

function rate(bytes: number, ms: number): number {
  return bytes / 1e6 / (ms / 1000)
}

async function writeRandomFile(path: string, bytes: number): Promise<string> {
  await using file = await open(path, 'w')
  const block = new Uint8Array(4 * MiB)
  for (let written = 0; written < bytes; written += block.byteLength) await file.write(randomFillSync(block))
  await file.sync()
  return path
}
