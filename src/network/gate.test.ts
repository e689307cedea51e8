import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { Gate } from './gate.ts'
import { peerOfName } from './suite/names.ts'
import { testHostOptions } from './suite/test-options.ts'

const [ada, eve] = [peerOfName('ada'), peerOfName('eve')]
const request = { peer: ada, protocol: '/journal', isForStrangers: false, maxOfProtocol: 2 }

function openGate(changes: Partial<typeof testHostOptions> = {}) {
  const clock = createVirtualClock({ startsAt: 0 })
  return { clock, gate: new Gate({ clock }, { ...testHostOptions, ...changes }) }
}

test('a place is freed once, however often it is given back', () => {
  const { gate } = openGate()
  gate.admit(ada)
  const leave = gate.enter(request)
  assert.ok(typeof leave === 'function')
  assert.ok(typeof gate.enter(request) === 'function')
  assert.equal(gate.enter(request), undefined)
  leave()
  leave()
  assert.ok(typeof gate.enter(request) === 'function')
  assert.equal(gate.enter(request), undefined)
})

test('S31: sixteen channels of a stranger wait, and no more', async () => {
  const { gate } = openGate()
  const waiting = Array.from({ length: 20 }, () => gate.enter(request))
  assert.equal(waiting.filter((each) => each === undefined).length, 4)
  gate.forget(ada)
  assert.deepEqual(
    await Promise.all(waiting.map(async (each) => each)),
    waiting.map(() => undefined),
  )
})

test('who waits is served when admitted, within the limits that hold then', async () => {
  const { gate } = openGate()
  const waiting = [gate.enter(request), gate.enter(request), gate.enter(request)]
  assert.equal(gate.admit(ada), true)
  assert.deepEqual(
    (await Promise.all(waiting.map(async (each) => each))).map((each) => typeof each),
    ['function', 'function', 'undefined'],
  )
})

test('an expelled peer that is admitted again is a member again', () => {
  const { gate } = openGate()
  gate.admit(ada)
  assert.deepEqual([gate.expel(ada), gate.expel(ada), gate.standing(ada)], [true, false, 'expelled'])
  assert.deepEqual([gate.admit(ada), gate.admit(ada), gate.standing(ada)], [true, false, 'admitted'])
})

test('S4: a flood is not forgiven by connecting again, and messages too long or of strangers are not looked at', async () => {
  const { clock, gate } = openGate({ gossipMessagesPerSecond: 1, maxGossipBytes: 100 })
  assert.equal(gate.takeGossip(eve, 1), false)
  gate.admit(eve)
  assert.equal(gate.takeGossip(eve, 101), false)
  for (let count = 0; count < 3; count++) gate.punish(eve)
  assert.equal(gate.silence(eve), 1)
  gate.forget(eve)
  assert.equal(gate.takeGossip(eve, 1), false)
  await clock.advance(2000)
  assert.equal(gate.silence(eve), 0)
  assert.equal(gate.takeGossip(eve, 1), true)
})

test('what waits for an admission hears of it, or that the peer is gone', async () => {
  const { gate } = openGate()
  const waits = [gate.whenAdmitted(ada), gate.whenAdmitted(eve)]
  gate.admit(ada)
  gate.expel(eve)
  assert.deepEqual(await Promise.all(waits), [true, false])
  assert.equal(await gate.whenAdmitted(ada), true)
})
