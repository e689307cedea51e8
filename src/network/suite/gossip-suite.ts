import assert from 'node:assert/strict'
import type { PeerId } from '../../identity/keys.ts'
import { encodeText } from '../../lib/bytes.ts'
import type { Scene } from './host-world.ts'
import { openPair, connect, untilListening, isFault, topic, asking } from './host-world.ts'

/** Messages to everybody, and lookups. */
export function testGossip(scene: Scene): void {
  scene('gossip reaches members, not strangers, and what is accepted is passed on', async (world) => {
    const { ada, bob } = await openPair(world)
    const cy = await world.openHost('cy')
    const eve = await world.openHost('eve')
    await connect(world, bob, cy)
    await world.until(eve.dial(bob.addresses()[0] ?? '', asking))
    eve.admit(bob.peerId)
    const heard: string[] = []
    const atCy = Promise.withResolvers<void>()
    eve.gossip.subscribe(topic, () => (heard.push('eve'), 'accept'))
    bob.gossip.subscribe(topic, () => (heard.push('bob'), 'accept'))
    cy.gossip.subscribe(topic, ({ bytes, from }) => {
      heard.push(`cy: ${Buffer.from(bytes).toString()}${from === bob.peerId ? ' from bob' : ''}`)
      atCy.resolve()
      return 'accept'
    })
    await untilListening(world, [
      [ada, bob],
      [bob, cy],
    ])
    assert.deepEqual(ada.gossip.listeners(topic), [bob.peerId])
    assert.ok((await world.until(ada.gossip.publish(topic, encodeText('news')))) >= 1)
    await world.until(atCy.promise)
    await world.pause(50)
    assert.deepEqual(heard.toSorted(), ['bob', 'cy: news from bob'])
  })

  scene('gossip that is ignored or rejected goes no further', async (world) => {
    const { ada, bob } = await openPair(world)
    const cy = await world.openHost('cy')
    await connect(world, bob, cy)
    const heard: string[] = []
    const last = Promise.withResolvers<void>()
    bob.gossip.subscribe(topic, ({ bytes }) => (Buffer.from(bytes).toString() === 'good' ? 'accept' : 'reject'))
    cy.gossip.subscribe(topic, ({ bytes }) => {
      heard.push(Buffer.from(bytes).toString())
      last.resolve()
      return 'accept'
    })
    await untilListening(world, [
      [ada, bob],
      [bob, cy],
    ])
    await world.until(ada.gossip.publish(topic, encodeText('bad')))
    await world.pause(50)
    await world.until(ada.gossip.publish(topic, encodeText('good')))
    await world.until(last.promise)
    assert.deepEqual(heard, ['good'])
  })

  scene('gossip to nobody is no failure, and gossip that is too long is', async (world) => {
    const ada = await world.openHost('ada', { maxGossipBytes: 1000 })
    assert.equal(await world.until(ada.gossip.publish(topic, encodeText('anybody?'))), 0)
    await assert.rejects(world.until(ada.gossip.publish(topic, new Uint8Array(1001))), isFault('GOSSIP_TOO_LARGE'))
  })

  scene('S4: a flood from one member is throttled, and others are heard', async (world) => {
    const { ada: eve, bob } = await openPair(world, { gossipMessagesPerSecond: 10 })
    const cy = await world.openHost('cy')
    await connect(world, cy, bob)
    let fromEve = 0
    const fromCy = Promise.withResolvers<void>()
    bob.gossip.subscribe(topic, ({ from }) => {
      if (from === eve.peerId) fromEve += 1
      else fromCy.resolve()
      return 'ignore'
    })
    await untilListening(world, [
      [eve, bob],
      [cy, bob],
    ])
    for (let count = 0; count < 300; count++) await world.until(eve.gossip.publish(topic, encodeText(`flood ${count}`)))
    await world.until(cy.gossip.publish(topic, encodeText('excuse me')))
    await world.until(fromCy.promise)
    assert.ok(fromEve <= 60, `${fromEve} of 300 messages were heard`)
  })
}

/** Messages to everybody, and lookups. */
export function testRouting(scene: Scene): void {
  scene('who provides something is found over a member', async (world) => {
    const { ada, bob } = await openPair(world)
    const cy = await world.openHost('cy')
    await connect(world, bob, cy)
    const key = new Uint8Array(32).fill(7)
    await world.until(ada.routing.provide(key, asking))
    const find = async (): Promise<PeerId[]> =>
      Array.fromAsync(cy.routing.findProviders(key, { signal: AbortSignal.timeout(5000), limit: 1 }))
    assert.deepEqual(await world.until(find()), [ada.peerId])
    assert.ok(ada.routing.recordCount() + bob.routing.recordCount() + cy.routing.recordCount() >= 1)
  })

  scene('a lookup alone ends with nothing', async (world) => {
    const ada = await world.openHost('ada')
    const find = Array.fromAsync(ada.routing.findProviders(new Uint8Array(32), { signal: AbortSignal.timeout(3000), limit: 3 }))
    assert.deepEqual(await world.until(find), [])
  })
}
