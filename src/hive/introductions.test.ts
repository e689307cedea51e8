import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signCertificate } from '../identity/certificate.ts'
import { formatBody, formatHeader, signEntry } from '../journal/codec.ts'
import type { Entry } from '../journal/entry.ts'
import type { Channel } from '../network/host.ts'
import { testHostOptions } from '../network/suite/test-options.ts'
import type { JoinMessage, Roots } from './protocol.ts'
import { formatMessage, joinProtocol, maxMessageBytes, maxOpeningBytes } from './protocol.ts'
import type { TestNode, TestWorld } from './suite/hive-world.ts'
import { createTestWorld } from './suite/hive-world.ts'
import type { Intruder } from './suite/intruder.ts'
import { ask, eveCertificate, evePeer, hear, intrude, never } from './suite/intruder.ts'
import { makeHive, makeMembers, pass } from './suite/steps.ts'

const helloOfEve: JoinMessage = { t: 'hello', certificates: [eveCertificate.bytes], roots: [] }

function verdictOf(answer: JoinMessage | undefined): string | undefined {
  return answer?.t === 'welcome' ? answer.verdict : answer?.t
}

/** Bob's node key in the hands of a test, connected with ada, who knows him as a member. */
async function impersonate(world: TestWorld, ada: TestNode, bob: TestNode): Promise<Intruder> {
  await world.run(bob.registry.close(bob.running().service.known.id))
  await pass(world, 1_000)
  return intrude(world, ada, bob.keys.nodeId)
}

/** A signed entry by bob after all that ada holds of him. */
function signNext(ada: TestNode, bob: TestNode): Entry {
  const { journal, service } = ada.running()
  const head = journal.headOf(bob.keys.nodeId, 1)
  const body = formatBody({ text: 'behind the door' })
  const place = { hive: service.known.id, incarnation: 1, seq: (head?.seq ?? 0) + 1, prev: head?.cid ?? null, at: 1_800_000_000_000 }
  return signEntry(bob.keys.node, { ...place, kind: 'note', bodyCid: body.cid, bodySize: body.bytes.byteLength }, body.bytes)
}

test('S1: a member’s key without its certificate in force is nobody’s, whatever its journal says', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  await using intruder = await impersonate(world, ada, bob)
  const fields = { node: bob.keys.nodeId, label: 'bob', agents: [], roles: [], notBefore: 0, serial: 9 }
  const expired = signCertificate(bob.keys.needOwner(), { ...fields, notAfter: 1_000 }).bytes
  const bobs = bob.keys.certificate().bytes
  for (const [certificate, verdict] of [
    [eveCertificate.bytes, 'unknown'],
    [expired, 'unknown'],
    [bobs, 'admitted'],
  ] as const) {
    const channel = await intruder.open().catch(async () => {
      await world.run(intruder.host.dial(ada.running().host.addresses()[0] ?? '', { signal: never }))
      return intruder.open()
    })
    assert.equal(verdictOf(await ask(world, channel, { t: 'hello', certificates: [certificate], roots: [] })), verdict)
    channel.abort(new Error('heard enough'))
    await pass(world, 100)
  }
})

test('S1: of a stranger nothing is taken but what the roots wrote, and forged grants end the channel', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  await world.run(bob.registry.close(bob.running().service.known.id))
  const before = ada.running().journal.headOf(bob.keys.nodeId, 1)?.seq
  {
    await using eve = await intrude(world, ada)
    const channel = await eve.open()
    await ask(world, channel, helloOfEve)
    const page = { t: 'grants', more: false, entries: [signNext(ada, bob)], evidence: [] } as const
    assert.equal(verdictOf(await ask(world, channel, page)), 'unknown')
    assert.equal(ada.running().journal.headOf(bob.keys.nodeId, 1)?.seq, before)
  }
  await using eve = await intrude(world, ada)
  const channel = await eve.open()
  await ask(world, channel, helloOfEve)
  const next = signNext(ada, bob)
  const head = ada.running().journal.headOf(ada.keys.nodeId, 1)
  const header = { ...next.header, node: ada.keys.nodeId, seq: (head?.seq ?? 0) + 1, prev: head?.cid ?? null }
  const forged: Entry = { ...next, header, headerBytes: formatHeader(header) }
  const startedAt = world.clock.monotonic()
  assert.equal(await ask(world, channel, { t: 'grants', more: false, entries: [forged], evidence: [] }), undefined)
  assert.ok(world.clock.monotonic() - startedAt < 1_000)
})

test('S4: pages without end, and a first message of more than 64 KiB, end the channel', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  await using eve = await intrude(world, ada)
  const roots: Roots = Array.from({ length: 512 }, (_, index) => ({ node: evePeer, incarnation: 1, seq: index + 1 }))
  const long = formatMessage({ t: 'hello', certificates: [1, 2, 3, 4].map((fill) => new Uint8Array(8_192).fill(fill)), roots })
  assert.ok(long.byteLength > maxOpeningBytes && long.byteLength < maxMessageBytes)
  assert.equal(await ask(world, await eve.open(), long), undefined)
  const channel = await eve.open()
  await ask(world, channel, helloOfEve)
  const startedAt = world.clock.monotonic()
  const page = formatMessage({ t: 'grants', more: true, entries: [], evidence: [] })
  for (let pages = 0; pages < 512; pages++) await world.run(channel.send(page))
  assert.equal(await world.run(hear(channel)), undefined)
  assert.ok(world.clock.monotonic() - startedAt < 5_000)
})

test('S31: a member who opens a channel and says nothing holds it for ten seconds', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  await using intruder = await impersonate(world, ada, bob)
  ada.running().host.admit(bob.keys.nodeId)
  intruder.host.admit(ada.keys.nodeId)
  const channel = await intruder.open()
  const startedAt = world.clock.monotonic()
  assert.equal(await world.run(hear(channel)), undefined)
  const heldMs = world.clock.monotonic() - startedAt
  assert.ok(heldMs >= 9_900 && heldMs <= 11_000, `${heldMs} ms`)
})

test('a member is handed the journals that carry grants, and by introduction no other', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  await using intruder = await impersonate(world, ada, bob)
  const channel = await intruder.open()
  await ask(world, channel, { t: 'hello', certificates: [bob.keys.certificate().bytes], roots: [] })
  const count = async (node: TestNode): Promise<number | undefined> => {
    const page = await ask(world, channel, { t: 'want', node: node.keys.nodeId, incarnation: 1, seq: 1 })
    return page?.t === 'grants' ? page.entries.length : undefined
  }
  assert.equal(await count(bob), 0)
  assert.ok(((await count(ada)) ?? 0) > 0)
})

test('S4: a liar that promises grants and gives none is asked once', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const { service, host: adas } = ada.running()
  await using host = world.network(service.known.id).openHost(evePeer, testHostOptions)
  const heard: string[] = []
  const answer = async (channel: Channel, message: JoinMessage): Promise<void> => {
    heard.push(message.t)
    const roots = [{ node: ada.keys.nodeId, incarnation: 1, seq: 99 }]
    const welcome: JoinMessage = { t: 'welcome', verdict: 'admitted', certificates: [eveCertificate.bytes], roots }
    await channel.send(formatMessage(message.t === 'hello' ? welcome : { t: 'grants', more: true, entries: [], evidence: [] }))
  }
  const handling = { maxMessageBytes, maxPerPeer: 2, strangers: true }
  host.handle(
    joinProtocol(service.known.id),
    async (channel) => {
      for (let said = await hear(channel); said !== undefined; said = await hear(channel)) await answer(channel, said)
    },
    handling,
  )
  await world.run(adas.dial(host.addresses()[0] ?? '', { signal: never }))
  await pass(world, 5_000)
  assert.deepEqual(heard, ['hello', 'want'])
})

test('S31: strangers who introduce themselves are looked at only so often a minute, all together', async () => {
  await using world = createTestWorld({ helloesPerMinute: 5 })
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  await using eve = await intrude(world, ada)
  const answers: (string | undefined)[] = []
  for (let times = 0; times < 7; times++) {
    const channel = await eve.open().catch(() => undefined)
    answers.push(channel === undefined ? 'cut' : verdictOf(await ask(world, channel, helloOfEve)))
    channel?.abort(new Error('again'))
  }
  assert.deepEqual(answers, ['unknown', 'unknown', 'unknown', 'unknown', 'unknown', undefined, undefined])
})
