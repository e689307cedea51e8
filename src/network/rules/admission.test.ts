import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeChannel, judgeConnection } from './admission.ts'

const connections = { maxStrangers: 2, maxConnectionsPerPeer: 3 }
const channels = { maxOfProtocol: 2, maxStreamsPerPeer: 4, maxWaiting: 1 }
const none = { ofProtocol: 0, ofPeer: 0, waiting: 0 }

test('who was expelled is refused whatever else is open', () => {
  assert.equal(judgeConnection('expelled', { ofPeer: 0, ofStrangers: 0 }, connections), 'expelled')
  assert.equal(judgeChannel({ standing: 'expelled', isForStrangers: true }, none, channels), 'refuse')
})

test('S7: strangers are limited all together, members only each for itself', () => {
  assert.equal(judgeConnection('stranger', { ofPeer: 0, ofStrangers: 1 }, connections), 'accept')
  assert.equal(judgeConnection('stranger', { ofPeer: 0, ofStrangers: 2 }, connections), 'too-many-strangers')
  assert.equal(judgeConnection('admitted', { ofPeer: 2, ofStrangers: 2 }, connections), 'accept')
  assert.equal(judgeConnection('admitted', { ofPeer: 3, ofStrangers: 0 }, connections), 'too-many-of-peer')
})

test('S31: channels are limited by protocol and by identity', () => {
  const member = { standing: 'admitted', isForStrangers: false } as const
  assert.equal(judgeChannel(member, { ...none, ofProtocol: 1, ofPeer: 3 }, channels), 'serve')
  assert.equal(judgeChannel(member, { ...none, ofProtocol: 2 }, channels), 'refuse')
  assert.equal(judgeChannel(member, { ...none, ofPeer: 4 }, channels), 'refuse')
})

test('S1: a stranger waits for admission, but for what is there for strangers', () => {
  const stranger = { standing: 'stranger', isForStrangers: false } as const
  assert.equal(judgeChannel({ ...stranger, isForStrangers: true }, none, channels), 'serve')
  assert.equal(judgeChannel(stranger, none, channels), 'wait')
  assert.equal(judgeChannel(stranger, { ...none, waiting: 1 }, channels), 'refuse')
})
