import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { createConnection } from 'node:net'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import {
  addressOf,
  enter,
  eventually,
  knownBy,
  list,
  neighboursOf,
  openVillage,
  text,
  untilKnown,
  untilMet,
  writePackage,
} from './machine.ts'

test('S1: a stranger with a hive of its own gets nothing of a closed hive', async (t) => {
  const village = openVillage(t, { ALTHING_NETWORK_STRANGER_GRACE_MS: '1000' })
  const [ada, eve] = [village.settle('ada'), village.settle('eve')]
  await ada.start()
  await ada.ask('p2p', 'publish', writePackage(village, 'secret-plans'))
  await eve.start()
  const dialled = await eve.run(['p2p', 'bootstrap', await addressOf(ada), '--json'])
  assert.equal(dialled.code, 0, `eve reached her: ${dialled.stdout}${dialled.stderr}`)
  await eventually(
    'ada has cut her',
    async () => list(await ada.look('p2p', 'peers'), 'peers').length,
    (peers) => peers === 0,
  )
  assert.deepEqual(await neighboursOf(eve), [])
  assert.equal(await knownBy(eve), 0)
  assert.equal(list(await eve.ask('hive', 'members'), 'members').length, 1)
  const { code, stderr } = await eve.run(['install', 'secret-plans'])
  assert.equal(code, 1)
  assert.match(stderr, /PACKAGE_UNKNOWN/)
})

test('S10: a revoked member is cut, what it publishes later counts nowhere, and a new owner takes its place', async (t) => {
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '500' })
  const [ada, bob, eve] = [village.settle('ada'), village.settle('bob'), village.settle('eve')]
  await ada.start()
  await enter(ada, bob)
  await enter(ada, eve)
  await eve.call('p2p.publish', { path: writePackage(village, 'good') })
  await untilKnown(bob, 1)
  const evesPeer = text(await eve.look('node', 'show'), 'node')

  await ada.ask('hive', 'revoke', 'eve')
  for (const machine of [ada, bob]) {
    await eventually(
      `${machine.name} cut her`,
      async () => neighboursOf(machine),
      (peers) => peers.length === 1 && !peers.includes(evesPeer),
    )
  }
  await eve.run(['p2p', 'publish', writePackage(village, 'bad')])
  await eve.end('SIGTERM')
  await eve.start()
  await eve.run(['p2p', 'publish', writePackage(village, 'worse')])
  await eve.run(['p2p', 'bootstrap', await addressOf(ada), await addressOf(bob)])

  const newcomer = village.settle('newcomer')
  const { code } = (await ada.ask('hive', 'invite', '--replaces', 'eve')) as { readonly code: string }
  await newcomer.ask('hive', 'join', code)
  await newcomer.start()
  await newcomer.call('p2p.publish', { path: writePackage(village, 'fine') })
  for (const machine of [ada, bob, newcomer]) {
    await untilKnown(machine, 2)
    const names = list(await machine.look('p2p', 'search'), 'packages').map((hit) => text(hit, 'name'))
    assert.deepEqual(names.toSorted(), ['fine', 'good'], machine.name)
  }
})

test('node enroll and accept: machines of one owner publish under one name; S10: a stolen one is revoked and cut, and the owner enrols another', async (t) => {
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '500' })
  const [ada, stolen, fresh] = [village.settle('ada'), village.settle('stolen'), village.settle('fresh')]
  await ada.start()
  const code = text(await ada.ask('node', 'enroll', '--label', 'laptop'), 'code')
  const accepted = await stolen.ask('node', 'accept', code)
  const { owner } = await ada.ask('owner', 'show')
  assert.equal(accepted['owner'], owner)
  const late = await village.settle('eve').run(['node', 'accept', code])
  assert.equal(late.code, 1)
  assert.match(late.stderr, /INVITE_REFUSED/)
  await stolen.start()
  await untilMet(stolen, 1)
  const published = await stolen.ask('p2p', 'publish', writePackage(village, 'from-laptop'))
  assert.equal(published['owner'], owner)
  await untilKnown(ada, 1)
  const [member] = list(await ada.ask('hive', 'members'), 'members')
  assert.equal(list(member ?? {}, 'nodes').length, 2)

  await ada.ask('node', 'revoke', text(await stolen.look('node', 'show'), 'node'))
  await untilMet(ada, 0)
  await stolen.run(['p2p', 'publish', writePackage(village, 'bad')])
  await fresh.ask('node', 'accept', text(await ada.look('node', 'enroll'), 'code'))
  await fresh.start()
  await fresh.call('p2p.publish', { path: writePackage(village, 'fine') })
  await untilKnown(ada, 2)
  const names = list(await ada.ask('p2p', 'search'), 'packages').map((hit) => text(hit, 'name'))
  assert.deepEqual(names.toSorted(), ['fine', 'from-laptop'])
})

test('S31: hundreds of idle connections to the port of a hive keep no member out', async (t) => {
  // A socket that says nothing is closed after the time a handshake has; members who come meanwhile try again.
  const village = openVillage(t, { ALTHING_NETWORK_HANDSHAKE_TIMEOUT_MS: '1000', ALTHING_NETWORK_DIAL_TIMEOUT_MS: '2000' })
  const [ada, bob] = [village.settle('ada'), village.settle('bob')]
  await ada.start()
  const port = Number(/\/tcp\/(\d+)/.exec(await addressOf(ada))?.[1])
  const code = text(await ada.look('hive', 'invite'), 'code')
  await bob.ask('hive', 'join', code, '--handle', 'bob')
  await openIdle(t, { port, count: 400 })
  await bob.start()
  await untilMet(ada, 1)
  await ada.call('p2p.publish', { path: writePackage(village, 'web') })
  await untilKnown(bob, 1)
})

/** Connections that say nothing, for the length of the test. */
async function openIdle(t: TestContext, { port, count }: { readonly port: number; readonly count: number }): Promise<void> {
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let index = 0; index < count; index += 1) {
    const { promise, resolve } = Promise.withResolvers<void>()
    // Refused or reset is an answer too: the node may defend itself.
    sockets.push(
      createConnection({ port, host: '127.0.0.1' })
        .once('connect', () => resolve())
        .on('error', () => resolve()),
    )
    await promise
  }
}
