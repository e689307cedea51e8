import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { StreamChannel } from './libp2p-channel.ts'
import { peerOfName } from './suite/names.ts'

/** A stream that a test hands bytes, and that says whether it is read from. */
class TestStream extends EventTarget {
  readonly protocol = '/content/1'
  readonly remoteWriteStatus = 'writable'
  readonly status = 'open'
  readonly readableEnded = false
  readStatus = 'readable'
  pause(): void {
    this.readStatus = 'paused'
  }
  resume(): void {
    this.readStatus = 'readable'
  }
  come(data: Uint8Array): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }))
  }
}

function openChannel(): { readonly stream: TestStream; readonly channel: StreamChannel } {
  const stream = new TestStream()
  const deps = {
    // TestStream is all of a stream that a channel reads from; nothing is sent here.
    stream: stream as unknown as Stream,
    peer: peerOfName('eve'),
    clock: createVirtualClock({ startsAt: 0 }),
    // Only made when something is sent.
    ByteList: Array as unknown as typeof Uint8ArrayList,
  }
  return { stream, channel: new StreamChannel(deps, { maxMessageBytes: 262_144 }) }
}

for (const [what, message, most] of [
  ['long messages', Buffer.concat([Uint8Array.of(0x80, 0x80, 0x08), new Uint8Array(131_072)]), 33],
  ['empty messages', Buffer.alloc(512), 34],
] as const) {
  test(`S4: a stream is read no further than four megabytes of ${what} ahead, and again when they were taken`, async () => {
    const { stream, channel } = openChannel()
    let came = 0
    while (stream.readStatus === 'readable' && came < 1000) {
      stream.come(new Uint8Array(message))
      came += 1
    }
    assert.ok(came >= 32 && came <= most, `${came} times`)
    const messages = came * (message.byteLength === 512 ? 512 : 1)
    for (let taken = 0; taken < messages; taken += 1) await channel.receive()
    assert.equal(stream.readStatus, 'readable')
  })
}
