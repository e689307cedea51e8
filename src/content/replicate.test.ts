import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { silentLog } from '../lib/log.ts'
import { encodeAnswer, signReceipt } from './protocol.ts'
import { findSigners } from './receipts.ts'
import { replicateContent } from './replicate.ts'
import { rankNodes } from './rules/rendezvous.ts'
import { openFleet, readAll, testBytes, testHive, testKey } from './testing/fleet.ts'
import { contentOf, forEver, serveScript } from './testing/scripted.ts'

const mebibyte = 1_048_576
const never = new AbortController().signal

test('as many members as wanted fetch a copy, sign for it, and serve it; those that rank first are asked', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const others = ['bob', 'cy', 'dora', 'emil'].map((name) => fleet.open(name))
  await fleet.connect(ada, ...others)
  const bytes = testBytes(3 * mebibyte)
  const cid = await fleet.add(ada, bytes)
  const signed = await fleet.clock.run(ada.exchange.replicate(cid, { copies: 2, signal: never }))
  const first = rankNodes(
    cid,
    others.map(({ peer }) => peer),
  ).slice(0, 2)
  assert.deepEqual(signed.toSorted(), first.toSorted())
  assert.deepEqual(findSigners(ada.database, testHive, cid), first.toSorted())
  for (const node of others.filter(({ peer }) => first.includes(peer))) {
    assert.deepEqual(await readAll(node.content, cid), bytes)
    assert.ok(node.content.isServed(testHive, cid))
  }
  const holders = await fleet.clock.run(ada.exchange.findHolders(cid, { signal: never, deep: false }))
  assert.deepEqual(holders.toSorted(), first.toSorted())
})

test('a member that keeps nothing for others is passed over for the next', async () => {
  await using fleet = openFleet()
  const [ada, bob, cy] = [fleet.open('ada'), fleet.open('bob', { maxReplicaBytes: 1_000 }), fleet.open('cy')]
  await fleet.connect(ada, bob, cy)
  let cid = await fleet.add(ada, testBytes(5_000))
  // content for which bob ranks first, and so is asked first
  for (let seed = 2; rankNodes(cid, [bob.peer, cy.peer])[0] !== bob.peer; seed++) cid = await fleet.add(ada, testBytes(5_000, seed))
  assert.deepEqual(await fleet.clock.run(ada.exchange.replicate(cid, { copies: 1, signal: never })), [cy.peer])
  assert.equal(bob.content.stat(cid), undefined)
})

test('at the signal those count that signed until then', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  await fleet.connect(ada, bob)
  const cid = await fleet.add(ada, testBytes(5_000))
  const stop = new AbortController()
  fleet.clock.schedule(5_000, () => stop.abort())
  assert.deepEqual(await fleet.clock.run(ada.exchange.replicate(cid, { copies: 3, signal: stop.signal })), [bob.peer])
  assert.deepEqual(await fleet.clock.run(ada.exchange.replicate(cid, { copies: 3, signal: stop.signal })), [])
})

test('a member that connects while copies are lacking is asked', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  const cid = await fleet.add(ada, testBytes(5_000))
  const replicating = fleet.clock.run(ada.exchange.replicate(cid, { copies: 1, signal: never }))
  fleet.clock.schedule(1_000, () => {
    ada.host.admit(bob.peer)
    bob.host.admit(ada.peer)
    void bob.host.dial(ada.peer, { signal: never })
  })
  assert.deepEqual(await replicating, [bob.peer])
})

test('S3: a receipt that was not signed by its sender, or signed for other content, does not count', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  const [eve, mallory] = [fleet.openHost('eve'), fleet.openHost('mallory')]
  await fleet.connect(ada, { host: eve }, { host: mallory })
  await fleet.connect(ada, bob)
  const bytes = testBytes(5_000)
  const cid = await fleet.add(ada, bytes)
  const other = await fleet.add(ada, testBytes(6_000))
  for (const [host, name, of] of [
    [eve, 'bob', cid],
    [mallory, 'mallory', other],
  ] as const) {
    serveScript(host, contentOf(ada.content, cid, bytes), {
      keep: async (channel, { id }) => {
        const signature = signReceipt(testKey(name), { hive: testHive, cid: of, node: host.peerId, at: 5 })
        await channel.send(encodeAnswer({ t: 'keep', id, at: 5, signature }))
      },
    })
  }
  const stop = new AbortController()
  fleet.clock.schedule(5_000, () => stop.abort())
  assert.deepEqual(await fleet.clock.run(ada.exchange.replicate(cid, { copies: 3, signal: stop.signal })), [bob.peer])
  assert.deepEqual(findSigners(ada.database, testHive, cid), [bob.peer])
})

test('a member that never answers does not hold the others up', async () => {
  await using fleet = openFleet()
  const [ada, bob, eve] = [fleet.open('ada'), fleet.open('bob'), fleet.openHost('eve')]
  await fleet.connect(ada, bob)
  await fleet.connect(ada, { host: eve })
  const bytes = testBytes(5_000)
  const cid = await fleet.add(ada, bytes)
  serveScript(eve, contentOf(ada.content, cid, bytes), { keep: forEver })
  const stop = new AbortController()
  fleet.clock.schedule(30_000, () => stop.abort())
  assert.deepEqual(await fleet.clock.run(ada.exchange.replicate(cid, { copies: 1, signal: stop.signal })), [bob.peer])
  assert.equal(stop.signal.aborted, false)
})

test('a member that leaves and comes back while it is asked, and signs both times, is one copy', async () => {
  await using fleet = openFleet()
  const [ada, eve] = [fleet.open('ada'), fleet.openHost('eve')]
  await fleet.connect(ada, { host: eve })
  const cid = await fleet.add(ada, testBytes(5_000))
  const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let asked = 0
  const keep = async (): Promise<{ readonly at: number; readonly signature: Uint8Array }> => {
    asked += 1
    await answers[asked - 1]?.promise
    return { at: 5, signature: signReceipt(testKey('eve'), { hive: testHive, cid, node: eve.peerId, at: 5 }) }
  }
  const stop = new AbortController()
  const deps = { ...ada, hive: testHive, clock: fleet.clock, log: silentLog, client: { keep } }
  const replicating = replicateContent(deps, cid, { size: 5_000, copies: 2, signal: stop.signal })
  await fleet.clock.run(ada.host.disconnect(eve.peerId))
  await fleet.connect(ada, { host: eve })
  assert.equal(asked, 2)
  for (const { resolve } of answers) resolve()
  fleet.clock.schedule(5_000, () => stop.abort())
  assert.deepEqual(await fleet.clock.run(replicating), [eve.peerId])
  assert.equal(stop.signal.aborted, true)
})

test('what is not whole here is not given to others to keep', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  const cid = await fleet.add(bob, testBytes(10))
  await assert.rejects(
    ada.exchange.replicate(cid, { copies: 1, signal: never }),
    (error) => error instanceof Fault && error.code === 'CONTENT_MISSING',
  )
})
