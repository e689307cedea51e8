import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testKey } from '../../content/testing/fleet.ts'
import { signReceipt } from '../../content/protocol.ts'
import { formatBody, signEntry } from '../../journal/codec.ts'
import { keyOf, nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { parseAddress } from '../../ucxl/ucxl.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { Channel, Host } from '../../network/host.ts'
import type { Cluster, Member } from '../testing/cluster.ts'
import { hasNewest, useCluster } from '../testing/cluster.ts'
import { standHostOptions } from '../testing/stand-host.ts'
import { formatVersion, versionKind } from '../version.ts'
import type { Answer, Question } from './protocol.ts'
import { contextProtocol, formatAnswer, formatQuestion, maxAnswerBytes, maxQuestionBytes, parseAnswer, parseQuestion } from './protocol.ts'

const why = 'ucxl://ada:dev@shop:cart/*^/why.md'
const resource = 'ucxl://ada:dev@shop:cart/why.md'

interface Liar {
  readonly host: Host
  readonly node: PeerId
  readonly asked: readonly Question[]
}

/** A member whose answers a test writes down. */
function openLiar({ network, names, clock }: Cluster, name: string, lie: (question: Question) => Answer): Liar {
  const asked: Question[] = []
  const node = nodeOf(name)
  names.enroll(name, []).settle(name, node)
  const host = network.openHost(node, standHostOptions, { clock })
  host.events.on('stranger:connected', (peer) => host.admit(peer))
  const answer = async (channel: Channel): Promise<void> => {
    const bytes = await channel.receive()
    const question = bytes === undefined ? undefined : parseQuestion(bytes)
    if (question === undefined) return
    asked.push(question)
    await channel.send(formatAnswer(lie(question)))
  }
  host.handle(contextProtocol(testHive), answer, { maxMessageBytes: maxQuestionBytes, maxPerPeer: 64 })
  return { host, node, asked }
}

test('S4: a member that gives wrong bytes is asked no more, and the content comes from another', async (t) => {
  const cluster = await useCluster(t)
  const eve = openLiar(cluster, 'eve', (question) =>
    question.type === 'give'
      ? { type: 'given', id: question.id, contents: question.cids.map(() => encodeText('forged')) }
      : { type: 'no', id: question.id, why: 'absent' },
  )
  const [ada, bob, cy] = [await cluster.open('ada'), await cluster.open('bob'), await cluster.open('cy')]
  // ada's bytes are at bob alone, and ada is gone before cy comes
  await cluster.connect(ada, bob)
  await cluster.connect(bob, eve)
  await ada.put(why, 'the truth', { replicas: 2 })
  await ada.stop()
  await cluster.connect(cy, eve, bob)
  await cluster.until(() => hasNewest(cy, resource))
  assert.equal(await cy.read(why), 'the truth')
  const gives = eve.asked.filter(({ type }) => type === 'give').length
  assert.ok(gives <= 2, `eve was asked ${gives} times, by cy and by bob at most once each`)
})

test('a copy counts only under the signature of the member that says it has it', async (t) => {
  const cluster = await useCluster(t)
  const sign = (cid: Parameters<typeof signReceipt>[1]['cid'], at: number): Uint8Array =>
    signReceipt(testKey('somebody else'), { hive: testHive, cid, node: cid as never, at })
  const eve = openLiar(cluster, 'eve', (question) => {
    if (question.type === 'keep') return { type: 'kept', id: question.id, at: 5, signature: sign(question.cid ?? question.entry, 5) }
    if (question.type === 'hold') return { type: 'held', id: question.id, at: 5, signatures: question.cids.map((cid) => sign(cid, 5)) }
    return { type: 'no', id: question.id, why: 'absent' }
  })
  const ada = await cluster.open('ada')
  await cluster.connect(ada, eve)
  assert.deepEqual((await ada.put(why, 'one')).replicas, { wanted: 2, confirmed: 1 })
  await cluster.clock.advance(120_000)
  assert.ok(eve.asked.some(({ type }) => type === 'hold'))
  assert.equal(ada.context.status().copies?.below, 1)
})

test('S5: the entry of a version by who may not write it, or of another resource, is no answer', async (t) => {
  const cluster = await useCluster(t)
  const cid = createCid(rawCodec, encodeText('forged'))
  const entryBy = (name: string, address: string) => {
    const said = { version: 9, cid, size: 6, mediaType: 'text/plain', metadata: {}, previous: cid, keeps: 1 }
    const { bytes, cid: bodyCid } = formatBody(formatVersion({ ...said, resource: parseAddress(address) }))
    const header = { hive: testHive, incarnation: 1, seq: 9, prev: cid, kind: versionKind, at: 5, bodyCid, bodySize: bytes.byteLength }
    return signEntry(keyOf(name), header, bytes)
  }
  const ada = nodeOf('ada')
  cluster.names.grant('ada', 'ada').enroll('ada', []).settle('ada', ada)
  cluster.names.certify(ada, ['ada'])
  const genuine = entryBy('ada', why)
  const forged = { ...genuine, signature: new Uint8Array(64) }
  const told = [entryBy('eve', why), entryBy('ada', why.replace('why', 'else')), forged, genuine]
  const found: (number | undefined)[] = []
  for (const entry of told) {
    const eve = openLiar(cluster, 'eve', ({ id }) => ({ type: 'version', id, entry }))
    const bob = await cluster.open('bob')
    await cluster.connect(bob, eve)
    const read = await bob.get(why).catch(() => undefined)
    found.push(read?.version)
    assert.equal(bob.context.status().resolver?.refused, read === undefined ? 1 : 0)
    await cluster.clock.run(Promise.resolve(eve.host[Symbol.asyncDispose]()))
    await bob.stop()
  }
  assert.deepEqual(found, [undefined, undefined, undefined, 9])
})

/** Asks a member one question over a channel of its own; the answer is waited for by who wants it. */
async function askFrom(
  { clock }: Cluster,
  { host }: Pick<Member, 'host'>,
  { peer, question }: { readonly peer: PeerId; readonly question: Question },
): Promise<() => Promise<Answer | undefined>> {
  assert.ok(host !== undefined)
  const limits = { signal: new AbortController().signal, maxMessageBytes: maxAnswerBytes }
  const channel = await clock.run(host.open(peer, contextProtocol(testHive), limits))
  await clock.run(channel.send(formatQuestion(question)))
  return async () => {
    const bytes = await clock.run(channel.receive())
    return bytes === undefined ? undefined : parseAnswer(bytes)
  }
}

test('S31: where strangers may write, nobody has a member keep a version by asking: copies are bounded there', async (t) => {
  const cluster = await useCluster(t)
  const [ada, bob] = [await cluster.open('ada', { policy: 'open' }), await cluster.open('bob', { policy: 'open' })]
  await cluster.connect(ada, bob)
  const { entry, cid } = await ada.put(why, 'one', { replicas: 1 })
  const answer = await askFrom(cluster, ada, { peer: bob.node, question: { type: 'keep', id: 1, entry, cid } })
  assert.deepEqual(await answer(), { type: 'no', id: 1, why: 'refused' })
  assert.equal(hasNewest(bob, resource), false)
})

test('S31: members that have one wait for entries that never come take no place from others', async (t) => {
  const cluster = await useCluster(t)
  const [ada, bob] = [await cluster.open('ada'), await cluster.open('bob')]
  const liars = [await cluster.open('eve'), await cluster.open('mallory')]
  await cluster.connect(ada, bob)
  for (const liar of liars) await cluster.connect(liar, bob)
  for (const liar of liars) {
    for (let id = 0; id < 16; id += 1) {
      const entry = createCid(rawCodec, encodeText(`${liar.name} ${id}`))
      await askFrom(cluster, liar, { peer: bob.node, question: { type: 'keep', id, entry, cid: null } })
    }
  }
  const before = cluster.clock.now()
  assert.equal((await ada.put(why, 'one', { replicas: 2 })).replicas.confirmed, 2)
  assert.ok(cluster.clock.now() - before < 900, `it took ${cluster.clock.now() - before} ms`)
})

test('a question that was answered leaves no timer of half a minute behind', async (t) => {
  const cluster = await useCluster(t)
  const [ada, bob] = [await cluster.open('ada'), await cluster.open('bob')]
  await cluster.connect(ada, bob)
  await cluster.clock.advance(5_000)
  const pending = cluster.clock.pending()
  for (let index = 0; index < 30; index += 1) await ada.get(`ucxl://bob:dev@shop:cart/*^/n${index}`).catch(() => undefined)
  // the channels of the questions linger for ten seconds
  await cluster.clock.advance(12_000)
  assert.ok(cluster.clock.pending() < pending + 10, `${cluster.clock.pending() - pending} timers more`)
})

test('a member that asks without end is told that this one is busy, until it waited', async (t) => {
  const cluster = await useCluster(t, { options: { questionsPerSecond: 1 } })
  const [ada, bob] = [await cluster.open('ada'), await cluster.open('bob')]
  await cluster.connect(ada, bob)
  await ada.put(why, 'one', { replicas: 1 })
  await cluster.clock.advance(60_000)
  await cluster.clock.run(bob.database.write((tx) => tx.run('update context_resource set last = 0')))
  for (let index = 0; index < 12; index += 1) await bob.get(`ucxl://ada:dev@shop:cart/*^/n${index}`).catch(() => undefined)
  await assert.rejects(bob.get(why), { code: 'RESOURCE_MISSING' })
  await cluster.clock.advance(5_000)
  assert.equal((await bob.get(why)).version, 1)
})
