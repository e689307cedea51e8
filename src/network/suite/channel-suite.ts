import assert from 'node:assert/strict'
import { encodeText } from '../../lib/bytes.ts'
import type { Scene } from './host-world.ts'
import { openPair, echo, readAll, isFault, hear, protocol, limits, asking } from './host-world.ts'

/** Messages between two. */
export function testChannels(scene: Scene): void {
  scene('messages go both ways, whole and in order, parts as one', async (world) => {
    const { ada, bob } = await openPair(world)
    bob.handle(protocol, echo, limits)
    const channel = await world.until(ada.open(bob.peerId, protocol, asking))
    const play = async (): Promise<string[]> => {
      await channel.send(encodeText('to'), encodeText('gether'))
      await channel.send(new Uint8Array(0))
      await channel.send(encodeText('x'.repeat(300_000)))
      await channel.close()
      return (await readAll(channel)).map((bytes) => `${bytes.byteLength}:${Buffer.from(bytes.subarray(0, 8)).toString()}`)
    }
    assert.deepEqual(await world.until(play()), ['8:together', '0:', '300000:xxxxxxxx'])
  })

  scene('a sender waits for a slow reader, and nothing is lost', async (world) => {
    const { ada, bob } = await openPair(world)
    const read = Promise.withResolvers<void>()
    const counted = Promise.withResolvers<number>()
    bob.handle(
      protocol,
      async (channel) => {
        await read.promise
        counted.resolve((await readAll(channel)).reduce((sum, bytes) => sum + bytes.byteLength, 0))
      },
      limits,
    )
    const channel = await world.until(ada.open(bob.peerId, protocol, asking))
    let sent = 0
    const sending = (async () => {
      for (; sent < 64; sent++) await channel.send(new Uint8Array(1_048_576))
      await channel.close()
    })()
    await world.pause(200)
    assert.ok(sent < 32, `${sent} MiB were taken though nobody read`)
    read.resolve()
    await world.until(sending)
    assert.equal(await world.until(counted.promise), 64 * 1_048_576)
  })

  testEnds(scene)
}

function testEnds(scene: Scene): void {
  scene('a handler that throws aborts the channel', async (world) => {
    const { ada, bob } = await openPair(world)
    bob.handle(protocol, () => Promise.reject(new Error('no')), limits)
    const channel = await world.until(ada.open(bob.peerId, protocol, asking))
    await assert.rejects(world.until(channel.receive()), isFault('CHANNEL_CLOSED'))
  })

  scene('aborting a channel wakes the reader on both sides', async (world) => {
    const { ada, bob } = await openPair(world)
    const failed = Promise.withResolvers<unknown>()
    bob.handle(protocol, (channel) => hear(channel).catch(failed.resolve), limits)
    const channel = await world.until(ada.open(bob.peerId, protocol, asking))
    const reading = channel.receive()
    channel.abort(new Error('changed my mind'))
    await assert.rejects(world.until(reading), /changed my mind/)
    assert.ok(isFault('CHANNEL_CLOSED')(await world.until(failed.promise)))
  })

  scene('a channel ends with its connection', async (world) => {
    const { ada, bob } = await openPair(world)
    bob.handle(protocol, echo, limits)
    const channel = await world.until(ada.open(bob.peerId, protocol, asking))
    const reading = channel.receive()
    await Promise.all([assert.rejects(world.until(reading), isFault('CHANNEL_CLOSED')), world.until(ada.disconnect(bob.peerId))])
  })

  scene('a wait for a message ends with its signal and leaves the channel whole', async (world) => {
    const { ada, bob } = await openPair(world)
    bob.handle(protocol, echo, limits)
    const channel = await world.until(ada.open(bob.peerId, protocol, asking))
    const giveUp = new AbortController()
    const reading = channel.receive({ signal: giveUp.signal })
    giveUp.abort(new Error('enough'))
    await assert.rejects(world.until(reading), /enough/)
    await world.until(channel.send(encodeText('still here')))
    assert.equal(Buffer.from((await world.until(channel.receive())) ?? []).toString(), 'still here')
  })

  scene('a protocol nobody serves is said to be unsupported', async (world) => {
    const { ada, bob } = await openPair(world)
    await assert.rejects(world.until(ada.open(bob.peerId, '/althing/suite/none/1', asking)), isFault('PROTOCOL_UNSUPPORTED'))
  })

  scene('a channel opened before the peer admitted us is served once it does', async (world) => {
    const [ada, bob] = [await world.openHost('ada'), await world.openHost('bob')]
    bob.handle(protocol, echo, limits)
    await world.until(ada.dial(bob.addresses()[0] ?? '', asking))
    ada.admit(bob.peerId)
    const talk = async (): Promise<Uint8Array | undefined> => {
      const channel = await ada.open(bob.peerId, protocol, asking)
      await channel.send(encodeText('early'))
      return channel.receive()
    }
    const talking = talk()
    await world.pause(20)
    bob.admit(ada.peerId)
    assert.equal(Buffer.from((await world.until(talking)) ?? []).toString(), 'early')
  })
}
