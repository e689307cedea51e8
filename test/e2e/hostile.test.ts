import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { createConnection } from 'node:net'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { addressOf, enter, eventually, knownBy, list, neighboursOf, openVillage, text, writePackage } from './machine.ts'

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
    async () => list(await ada.ask('p2p', 'peers'), 'peers').length,
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
  await eve.ask('p2p', 'publish', writePackage(village, 'good'))
  await eventually(
    'bob knows it',
    async () => knownBy(bob),
    (known) => known === 1,
  )
  const evesPeer = text(await eve.ask('node', 'show'), 'node')

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
  await newcomer.ask('p2p', 'publish', writePackage(village, 'fine'))
  for (const machine of [ada, bob, newcomer]) {
    await eventually(
      `${machine.name} knows what is good`,
      async () => knownBy(machine),
      (known) => known === 2,
    )
    const names = list(await machine.ask('p2p', 'search'), 'packages').map((hit) => text(hit, 'name'))
    assert.deepEqual(names.toSorted(), ['fine', 'good'], machine.name)
  }
})

test('S10: a stolen node is revoked by its owner and cut; the owner enrols another', async (t) => {
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '500' })
  const [ada, stolen, fresh] = [village.settle('ada'), village.settle('stolen'), village.settle('fresh')]
  await ada.start()
  await stolen.ask('node', 'accept', text(await ada.ask('node', 'enroll'), 'code'))
  await stolen.start()
  await eventually(
    'it is connected',
    async () => neighboursOf(ada),
    (peers) => peers.length === 1,
  )
  await ada.ask('node', 'revoke', text(await stolen.ask('node', 'show'), 'node'))
  await eventually(
    'it is cut',
    async () => neighboursOf(ada),
    (peers) => peers.length === 0,
  )
  await stolen.run(['p2p', 'publish', writePackage(village, 'bad')])
  await fresh.ask('node', 'accept', text(await ada.ask('node', 'enroll'), 'code'))
  await fresh.start()
  await fresh.ask('p2p', 'publish', writePackage(village, 'fine'))
  await eventually(
    'ada knows it',
    async () => knownBy(ada),
    (known) => known === 1,
  )
  const [hit] = list(await ada.ask('p2p', 'search'), 'packages')
  assert.equal(hit?.['name'], 'fine')
})

test('S31: hundreds of idle connections to the port of a hive keep no member out', async (t) => {
  // A socket that says nothing is closed after the time a handshake has; members who come meanwhile try again.
  const village = openVillage(t, { ALTHING_NETWORK_HANDSHAKE_TIMEOUT_MS: '1000', ALTHING_NETWORK_DIAL_TIMEOUT_MS: '2000' })
  const [ada, bob] = [village.settle('ada'), village.settle('bob')]
  await ada.start()
  const port = Number(/\/tcp\/(\d+)/.exec(await addressOf(ada))?.[1])
  const code = text(await ada.ask('hive', 'invite'), 'code')
  await bob.ask('hive', 'join', code, '--handle', 'bob')
  await openIdle(t, { port, count: 400 })
  await bob.start()
  await eventually(
    'bob got in',
    async () => neighboursOf(ada),
    (peers) => peers.length === 1,
  )
  await ada.ask('p2p', 'publish', writePackage(village, 'web'))
  await eventually(
    'bob hears of it',
    async () => knownBy(bob),
    (known) => known === 1,
  )
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
