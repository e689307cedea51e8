import type { PeerId } from '../../src/identity/keys.ts'
import type { Host } from '../../src/network/host.ts'

const protocol = '/althing/bench/bulk/1'
/** As content sends it. */
const messageBytes = 2 ** 20

/** Serves as many messages of 1 MiB of memory as it is asked for. */
export function serveChannel(host: Host): void {
  const block = new Uint8Array(messageBytes).fill(7)
  host.handle(
    protocol,
    async (channel) => {
      const request = await channel.receive()
      const messages = request === undefined ? 0 : Buffer.from(request).readUInt32BE()
      for (let n = 0; n < messages; n += 1) await channel.send(block)
    },
    { maxMessageBytes: 4, maxPerPeer: 1 },
  )
}

/** Takes `bytes` in messages over one channel and drops them. Milliseconds from opening it to the last. */
export async function fetchChannel(host: Host, peer: PeerId, bytes: number): Promise<number> {
  const request = Buffer.alloc(4)
  request.writeUInt32BE(bytes / messageBytes)
  const startedAt = performance.now()
  const channel = await host.open(peer, protocol, { signal: AbortSignal.timeout(600_000), maxMessageBytes: messageBytes })
  await channel.send(request)
  for (let left = bytes; left > 0;) {
    const message = await channel.receive()
    if (message === undefined) throw new Error(`the channel ended ${left} bytes before the end`)
    left -= message.byteLength
  }
  const ms = performance.now() - startedAt
  await channel.close()
  return ms
}
