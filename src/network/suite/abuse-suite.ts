import assert from 'node:assert/strict'
import { encodeText } from '../../lib/bytes.ts'
import type { Scene } from './host-world.ts'
import { openPair, readAll, echo, isFault, isAnswered, hear, protocol, limits, asking } from './host-world.ts'

/** What a host takes from peers that mean no good. */
export function testAbuse(scene: Scene): void {
  scene('S4 S30: a message over the limit aborts the channel and is not handed on', async (world) => {
    const { ada, bob } = await openPair(world)
    const failed = Promise.withResolvers<unknown>()
    const heard: number[] = []
    bob.handle(protocol, (channel) => hear(channel, heard).catch(failed.resolve), { maxMessageBytes: 1000, maxPerPeer: 1 })
    const channel = await world.until(ada.open(bob.peerId, protocol, asking))
    await world.until(channel.send(new Uint8Array(1000)))
    await world.until(channel.send(new Uint8Array(1001)).catch(() => undefined))
    assert.ok(isFault('MESSAGE_TOO_LARGE')(await world.until(failed.promise)))
    assert.deepEqual(heard, [1000])
    await assert.rejects(world.until(channel.receive()), isFault('CHANNEL_CLOSED'))
  })

  scene('S1: a stranger gets no answer from a protocol for members, and one from a protocol for strangers', async (world) => {
    const [eve, bob] = [await world.openHost('eve'), await world.openHost('bob', { strangerGraceMs: 500 })]
    let served = 0
    const count = (): Promise<void> => Promise.resolve(void served++)
    bob.handle(protocol, count, limits)
    bob.handle('/althing/suite/join/1', echo, { ...limits, strangers: true })
    await world.until(eve.dial(bob.addresses()[0] ?? '', asking))
    const channel = await world.until(eve.open(bob.peerId, '/althing/suite/join/1', asking))
    await world.until(channel.send(encodeText('let me in')))
    assert.equal(Buffer.from((await world.until(channel.receive())) ?? []).toString(), 'let me in')
    eve.admit(bob.peerId)
    const ask = async (): Promise<unknown> => (await eve.open(bob.peerId, protocol, asking)).receive()
    await assert.rejects(world.until(ask()))
    assert.equal(served, 0)
  })

  scene('a protocol for members is not opened to a stranger', async (world) => {
    const [ada, bob] = [await world.openHost('ada'), await world.openHost('bob')]
    ada.handle(protocol, echo, limits)
    await world.until(ada.dial(bob.addresses()[0] ?? '', asking))
    await assert.rejects(world.until(ada.open(bob.peerId, protocol, asking)), isFault('PEER_NOT_ADMITTED'))
  })

  scene('S31: one peer has no more channels of a protocol than allowed, and gets new ones when it closes old ones', async (world) => {
    const { ada, bob } = await openPair(world)
    bob.handle(protocol, echo, { ...limits, maxPerPeer: 2 })
    const opened = [await world.until(ada.open(bob.peerId, protocol, asking)), await world.until(ada.open(bob.peerId, protocol, asking))]
    for (const channel of opened) assert.ok(await world.until(isAnswered(channel)))
    const third = async (): Promise<boolean> => isAnswered(await ada.open(bob.peerId, protocol, asking))
    await assert.rejects(world.until(third()))
    await world.until(Promise.resolve(opened[0]?.close()))
    assert.equal(await world.until(Promise.resolve(opened[0]?.receive())), undefined)
    assert.ok(await world.until(third()))
  })

  scene('S4: empty messages nobody reads do not fill the memory, and none is lost', async (world) => {
    // a channel holds some sixteen thousand unread
    const count = 20_000
    const { ada, bob } = await openPair(world)
    const read = Promise.withResolvers<void>()
    const counted = Promise.withResolvers<number>()
    bob.handle(
      protocol,
      async (channel) => {
        await read.promise
        await readAll(channel).then(({ length }) => counted.resolve(length), counted.reject)
      },
      limits,
    )
    const channel = await world.until(ada.open(bob.peerId, protocol, asking))
    const sending = (async () => {
      for (let sent = 0; sent < count; sent++) await channel.send()
      await channel.close()
    })()
    await world.until(sending)
    await world.pause(300)
    read.resolve()
    assert.equal(await world.until(counted.promise), count)
  })
}
