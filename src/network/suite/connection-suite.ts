import assert from 'node:assert/strict'
import type { Scene } from './host-world.ts'
import { openPair, once, isFault, asking } from './host-world.ts'

/** Who is connected, and as what. */
export function testConnections(scene: Scene): void {
  scene('a dialled peer is a stranger on both sides until each admits it', async (world) => {
    const [ada, bob] = [await world.openHost('ada'), await world.openHost('bob')]
    const strangers: string[] = []
    ada.events.on('stranger:connected', (_, direction) => strangers.push(`ada ${direction}`))
    const arrived = once(bob, 'stranger:connected', (peer) => peer === ada.peerId)
    bob.events.on('stranger:connected', (_, direction) => strangers.push(`bob ${direction}`))
    assert.equal(await world.until(ada.dial(bob.addresses()[0] ?? '', asking)), bob.peerId)
    await world.until(arrived)
    assert.deepEqual(strangers.toSorted(), ['ada outbound', 'bob inbound'])
    assert.deepEqual([ada.connections()[0]?.admitted, bob.connections()[0]?.admitted], [false, false])
    const connected = once(ada, 'peer:connected', (peer) => peer === bob.peerId)
    ada.admit(bob.peerId)
    await world.until(connected)
    assert.deepEqual([ada.connections()[0]?.admitted, bob.connections()[0]?.admitted], [true, false])
  })

  scene('admitting twice is said once', async (world) => {
    const { ada, bob } = await openPair(world)
    let count = 0
    ada.events.on('peer:connected', () => count++)
    ada.admit(bob.peerId)
    assert.equal(count, 0)
    assert.equal(ada.connections().length, 1)
  })

  scene('a stranger is cut after its grace', async (world) => {
    const [ada, bob] = [await world.openHost('ada'), await world.openHost('bob', { strangerGraceMs: 200 })]
    await world.until(ada.dial(bob.addresses()[0] ?? '', asking))
    ada.admit(bob.peerId)
    await world.until(once(ada, 'peer:disconnected', (peer) => peer === bob.peerId))
    assert.equal(bob.connections().length, 0)
  })

  scene('S31: no more strangers than allowed stay connected', async (world) => {
    const bob = await world.openHost('bob', { maxStrangers: 2 })
    const dials: Promise<unknown>[] = []
    for (const each of ['cy', 'dan', 'eve', 'fay']) {
      const host = await world.openHost(each)
      dials.push(host.dial(bob.addresses()[0] ?? '', asking).catch(() => undefined))
    }
    await world.until(Promise.all(dials))
    assert.ok(bob.connections().length <= 2, `${bob.connections().length} strangers`)
  })

  scene('a peer that is not there is unreachable, and a text that is no address is refused', async (world) => {
    const [ada, bob] = [await world.openHost('ada'), await world.openHost('bob')]
    const address = bob.addresses()[0] ?? ''
    await bob[Symbol.asyncDispose]()
    await assert.rejects(world.until(ada.dial(address, asking)), isFault('PEER_UNREACHABLE'))
    await assert.rejects(world.until(ada.dial('tomorrow', asking)), isFault('ADDRESS_INVALID'))
  })

  scene('F12: a member that was lost is dialled again', async (world) => {
    const { ada, bob } = await openPair(world, { redialBaseMs: 20, redialMaxMs: 100 })
    const back = once(ada, 'peer:connected', (peer) => peer === bob.peerId)
    const lost = once(ada, 'peer:disconnected', (peer) => peer === bob.peerId)
    await bob.disconnect(ada.peerId)
    await world.until(lost)
    await world.until(back)
    assert.equal(ada.connections().length, 1)
  })

  scene('disposing twice is harmless, and peers see the connection end', async (world) => {
    const { ada, bob } = await openPair(world)
    const gone = once(bob, 'peer:disconnected', (peer) => peer === ada.peerId)
    await world.until(ada[Symbol.asyncDispose]())
    await world.until(ada[Symbol.asyncDispose]())
    await world.until(gone)
    await assert.rejects(world.until(ada.dial(bob.addresses()[0] ?? '', asking)), isFault('HOST_CLOSED'))
  })
}

/** Who was a member, and is none any more. */
export function testExpulsion(scene: Scene): void {
  scene('an expelled peer is cut, told of once, and neither let in nor dialled again', async (world) => {
    const { ada, bob } = await openPair(world)
    const cut = once(bob, 'peer:disconnected', (peer) => peer === ada.peerId)
    let disconnects = 0
    ada.events.on('peer:disconnected', () => disconnects++)
    ada.expel(bob.peerId)
    await world.until(cut)
    assert.equal(disconnects, 1)
    assert.equal(ada.connections().length, 0)
    await assert.rejects(world.until(ada.dial(bob.addresses()[0] ?? '', asking)), isFault('PEER_EXPELLED'))
    await world.until(bob.dial(ada.addresses()[0] ?? '', asking).catch(() => undefined))
    assert.equal(ada.connections().length, 0)
  })

  scene('an expelled peer that is pardoned is a stranger when it comes again', async (world) => {
    const { ada, bob } = await openPair(world)
    const cut = once(bob, 'peer:disconnected', (peer) => peer === ada.peerId)
    ada.expel(bob.peerId)
    ada.pardon(bob.peerId)
    await world.until(cut)
    const back = once(ada, 'stranger:connected', (peer) => peer === bob.peerId)
    await world.until(bob.dial(ada.addresses()[0] ?? '', asking))
    await world.until(back)
    assert.deepEqual(
      ada.connections().map(({ peer, admitted }) => [peer, admitted]),
      [[bob.peerId, false]],
    )
  })
}
