/**
 * What a framed channel costs over a plain libp2p stream: 1 MiB messages over loopback, both in this process, `--mib 256`.
 *
 * `node bench/channel.ts [--mib 256] [--rounds 3]`
 */
import { once } from 'node:events'
import { createLibp2p } from 'libp2p'
import type { Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { createSigningKey } from '../src/identity/keys.ts'
import { systemChance } from '../src/lib/chance.ts'
import { systemClock } from '../src/lib/clock.ts'
import { silentLog } from '../src/lib/log.ts'
import { openLibp2pHost } from '../src/network/libp2p.ts'
import { createMemoryPeerBook } from '../src/network/peer-book.ts'
import { testWireOptions } from '../src/network/suite/test-options.ts'

const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const mib = argument('--mib', 256)
const rounds = argument('--rounds', 3)
const chunk = new Uint8Array(1_048_576).fill(42)
const protocol = '/althing/bench/1'
const signal = new AbortController().signal

interface Figure {
  readonly mibPerSecond: number
  readonly cpuMsPerMib: number
}

/** Wall and processor time of one transfer; the second is what other work on the machine disturbs least. */
function startWatch(): () => Figure {
  const begin = performance.now()
  const cpu = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { mibPerSecond: (mib * 1000) / (performance.now() - begin), cpuMsPerMib: (user + system) / 1000 / mib }
  }
}

/** Sends as the documentation of libp2p says, waiting for `drain` events. */
async function sendPlain(stream: Stream): Promise<void> {
  for (let sent = 0; sent < mib; sent++) {
    if (!stream.send(chunk)) await once(stream, 'drain')
  }
  await stream.close()
}

async function benchPlain(encrypter: ReturnType<typeof noise> | ReturnType<typeof tls>): Promise<Figure> {
  // A new one for each node: libp2p writes the key it makes into what it is given.
  const init = () => ({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [encrypter],
    streamMuxers: [
      yamux({ streamOptions: { initialStreamWindowSize: 262_144, maxStreamWindowSize: 4_194_304, maxReadBufferLength: 8_388_608 } }),
    ],
  })
  const [from, to] = [await createLibp2p(init()), await createLibp2p(init())]
  const received = Promise.withResolvers<void>()
  await to.handle(protocol, (stream) => {
    let bytes = 0
    stream.addEventListener('message', ({ data }) => {
      bytes += data.byteLength
      if (bytes === mib * chunk.byteLength) received.resolve()
    })
  })
  const stream = await from.dialProtocol(to.getMultiaddrs(), protocol)
  const stop = startWatch()
  await sendPlain(stream)
  await received.promise
  const figure = stop()
  await Promise.all([from.stop(), to.stop()])
  return figure
}

async function benchChannel(): Promise<Figure> {
  const open = () =>
    openLibp2pHost(
      { key: createSigningKey(), clock: systemClock, chance: systemChance, log: silentLog, peerBook: createMemoryPeerBook() },
      testWireOptions,
    )
  await using from = await open()
  await using to = await open()
  from.admit(to.peerId)
  to.admit(from.peerId)
  const received = Promise.withResolvers<void>()
  to.handle(
    protocol,
    async (channel) => {
      while ((await channel.receive()) !== undefined);
      received.resolve()
    },
    { maxMessageBytes: 2_097_152, maxPerPeer: 1 },
  )
  await from.dial(to.addresses()[0] ?? '', { signal })
  const channel = await from.open(to.peerId, protocol, { signal, maxMessageBytes: 1024 })
  const header = new Uint8Array(20)
  const stop = startWatch()
  for (let sent = 0; sent < mib; sent++) await channel.send(header, chunk)
  await channel.close()
  await received.promise
  return stop()
}

const rows: Record<string, Figure[]> = { 'libp2p stream, noise': [], 'libp2p stream, TLS': [], 'althing channel': [] }
for (let round = 0; round < rounds; round++) {
  rows['libp2p stream, noise']?.push(await benchPlain(noise()))
  rows['libp2p stream, TLS']?.push(await benchPlain(tls()))
  rows['althing channel']?.push(await benchChannel())
}
const best = (figures: readonly Figure[]): Figure => ({
  mibPerSecond: Math.max(...figures.map((each) => each.mibPerSecond)),
  cpuMsPerMib: Math.min(...figures.map((each) => each.cpuMsPerMib)),
})
const base = best(rows['libp2p stream, noise'] ?? [])
console.log(
  `${mib} MiB in messages of 1 MiB over loopback, both ends in one process, best of ${rounds}; ratios to the plain stream with noise`,
)
for (const [name, figures] of Object.entries(rows)) {
  const { mibPerSecond, cpuMsPerMib } = best(figures)
  const speed = `${mibPerSecond.toFixed(0).padStart(5)} MiB/s (${(mibPerSecond / base.mibPerSecond).toFixed(2)})`
  console.log(`${name.padEnd(22)} ${speed}   ${cpuMsPerMib.toFixed(2)} ms CPU per MiB (${(base.cpuMsPerMib / cpuMsPerMib).toFixed(2)})`)
}
