import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSigningKey, peerIdOfKey } from '../identity/keys.ts'
import { testHostOptions } from '../network/suite/test-options.ts'
import { parseInviteCode } from './invite-code.ts'
import { inviteIdOf } from './invite-table.ts'
import { formatMessage, joinProtocol, maxMessageBytes, maxOpeningBytes, parseMessage } from './protocol.ts'
import type { JoinMessage } from './protocol.ts'
import { createTestWorld } from './suite/hive-world.ts'
import { ask, eveCertificate, evePeer, intrude, never } from './suite/intruder.ts'
import { admittedPeers, handlesOf, inviteTo, join, makeHive, makeMembers, pass } from './suite/steps.ts'

test('S1: a stranger with a certificate of its own learns nothing: no certificate, no roots, no grants', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const { host, open } = await intrude(world, ada)
  const channel = await open()
  const answer = await ask(world, channel, { t: 'hello', certificates: [eveCertificate.bytes], roots: [] })
  assert.deepEqual(answer, { t: 'welcome', verdict: 'unknown', certificates: [], roots: [] })
  const want = await ask(world, channel, { t: 'want', node: ada.keys.nodeId, incarnation: 1, seq: 1 })
  assert.equal(want, undefined)
  await pass(world, 1_000)
  assert.deepEqual(host.connections(), [])
  assert.deepEqual(ada.running().service.membership.certificatesOf(evePeer), [])
  await host[Symbol.asyncDispose]()
})

test('S1: a member of commons is a stranger in the private hive of somebody it is connected with', async () => {
  await using world = createTestWorld()
  const [ada, eve] = [await world.addNode('ada'), await world.addNode('eve')]
  await makeHive(world, ada)
  const workshop = ada.running().service.known.id
  await join(world, ada, 'commons')
  await join(world, eve, await inviteTo(world, ada))
  await pass(world, 3_000)
  assert.deepEqual(admittedPeers(eve), [ada.keys.nodeId])
  const host = world.network(workshop).openHost(eve.keys.nodeId, testHostOptions)
  await world.run(host.dial(ada.running(workshop).host.addresses()[0] ?? '', { signal: never }))
  const channel = await world.run(host.open(ada.keys.nodeId, joinProtocol(workshop), { signal: never, maxMessageBytes }))
  const answer = await ask(world, channel, { t: 'hello', certificates: [eve.keys.certificate().bytes], roots: [] })
  assert.deepEqual(answer, { t: 'welcome', verdict: 'unknown', certificates: [], roots: [] })
  await host[Symbol.asyncDispose]()
})

test('S1: a stranger who begins with a request for grants is answered nothing', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const { host, open } = await intrude(world, ada)
  const channel = await open()
  assert.equal(await ask(world, channel, { t: 'want', node: ada.keys.nodeId, incarnation: 1, seq: 1 }), undefined)
  await host[Symbol.asyncDispose]()
})

test('S1: a stranger hears nothing of a member’s certificate by being dialled either, unless it proves to be one', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  const hive = ada.running().service.known.id
  const host = world.network(hive).openHost(evePeer, testHostOptions)
  const heard: JoinMessage[] = []
  host.handle(
    joinProtocol(hive),
    async (channel) => {
      const bytes = await channel.receive({ signal: never })
      const message = bytes === undefined ? undefined : parseMessage(bytes, { maxBytes: maxMessageBytes })
      if (message !== undefined) heard.push(message)
      // a liar who admits whoever comes, and shows a certificate nobody granted
      await channel.send(formatMessage({ t: 'welcome', verdict: 'admitted', certificates: [eveCertificate.bytes], roots: [] }))
      await channel.receive({ signal: never })
    },
    { maxMessageBytes, maxPerPeer: 2, strangers: true },
  )
  const met: string[] = []
  ada.running().host.events.on('peer:connected', (peer) => met.push(peer))
  await world.run(ada.running().host.dial(host.addresses()[0] ?? '', { signal: never }))
  await pass(world, 5_000)
  assert.deepEqual(met, [])
  assert.deepEqual(
    heard.map(({ t }) => t),
    ['hello'],
  )
  assert.deepEqual(
    ada
      .running()
      .host.connections()
      .map(({ peer }) => peer),
    [bob.keys.nodeId],
  )
  await host[Symbol.asyncDispose]()
})

test('a stolen certificate is worth nothing over a connection with another key', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  const { host, open } = await intrude(world, ada)
  const answer = await ask(world, await open(), { t: 'hello', certificates: [bob.keys.certificate().bytes], roots: [] })
  assert.equal(answer?.t === 'welcome' ? answer.verdict : answer?.t, 'unknown')
  await host[Symbol.asyncDispose]()
})

test('a newcomer without the secret is refused in the same words as one with a code nobody made', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const parsed = parseInviteCode(await inviteTo(world, ada))
  const secret = parsed.verdict === 'code' ? parsed.code.secret : undefined
  const { host, open } = await intrude(world, ada)
  for (const invite of [inviteIdOf(secret ?? new Uint8Array(16)), new Uint8Array(8)]) {
    const channel = await open()
    const challenge = await ask(world, channel, { t: 'knock', invite, nonce: new Uint8Array(32) })
    assert.equal(challenge?.t, 'challenge')
    const proofs = { proof: new Uint8Array(32), nodeProof: new Uint8Array(64) }
    const answer = await ask(world, channel, { t: 'join', ...proofs, certificate: eveCertificate.bytes, handle: 'eve' })
    assert.deepEqual(answer, { t: 'refused', reason: 'unknown' })
  }
  assert.deepEqual(handlesOf(ada), ['ada'])
  await host[Symbol.asyncDispose]()
})

test('S31: five thousand strangers in an open hive leave no more than four thousand in memory', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await join(world, ada, 'commons')
  const { membership } = ada.running().service
  const peers = Array.from({ length: 5_000 }, (_, index) => {
    const seed = new Uint8Array(32).fill(5)
    new DataView(seed.buffer).setUint32(0, index)
    const node = peerIdOfKey(openSigningKey(seed).publicKey)
    // parsed certificates, as `meet` is handed them; their signatures are not at issue here
    membership.meet({ certificate: { ...eveCertificate.certificate, node }, bytes: eveCertificate.bytes })
    return node
  })
  assert.equal(membership.certificatesOf(peers[0] ?? evePeer).length, 0)
  assert.equal(membership.certificatesOf(peers.at(-1) ?? evePeer).length, 1)
  assert.ok(membership.nodesOf(eveCertificate.certificate.owner).length <= 4_096)
})

test('S30: bombs, foreign fields and messages that are too long end the channel and change nothing', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const { host, open } = await intrude(world, ada)
  const bombs = [
    new Uint8Array(60_000).fill(0x81),
    Uint8Array.of(0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    new TextEncoder().encode('\u{a1}i__proto__\u{a0}'),
    new Uint8Array(maxOpeningBytes + 1),
  ]
  for (const bomb of bombs) assert.equal(await ask(world, await open(), bomb), undefined)
  assert.equal(({} as Record<string, unknown>)['t'], undefined)
  assert.deepEqual(handlesOf(ada), ['ada'])
  await host[Symbol.asyncDispose]()
})

test('S31: a stranger who opens channels and says nothing holds two of them, for ten seconds', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const { host, open } = await intrude(world, ada)
  const channels = await Promise.all([open(), open()])
  await assert.rejects(open())
  await pass(world, 11_000)
  for (const channel of channels) {
    const ended = await world.run(
      channel.receive({ signal: never }).then(
        (message) => message,
        () => undefined,
      ),
    )
    assert.equal(ended, undefined)
  }
  await host[Symbol.asyncDispose]()
})

test('S31: codes shown by all strangers together are looked at only so often a minute', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const { host, open } = await intrude(world, ada)
  const answers: (string | undefined)[] = []
  for (let attempt = 0; attempt < 62; attempt++) {
    const channel = await open()
    answers.push((await ask(world, channel, { t: 'knock', invite: new Uint8Array(8), nonce: new Uint8Array(32) }))?.t)
    channel.abort(new Error('next'))
  }
  assert.equal(answers[0], 'challenge')
  assert.equal(answers.at(-1), 'refused')
  await host[Symbol.asyncDispose]()
})
