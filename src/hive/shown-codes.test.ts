import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signCertificate } from '../identity/certificate.ts'
import type { PeerId, SigningKey } from '../identity/keys.ts'
import { peerIdOfKey } from '../identity/keys.ts'
import { testHostOptions } from '../network/suite/test-options.ts'
import { createGenesis } from './genesis.ts'
import type { InviteCode } from './invite-code.ts'
import { formatInviteCode, parseInviteCode } from './invite-code.ts'
import { inviteIdOf, inviteKeyOf } from './invite-table.ts'
import type { ProofSubject } from './join-proof.ts'
import { proveKnowledge, proveNode } from './join-proof.ts'
import type { JoinMessage } from './protocol.ts'
import { formatMessage, joinProtocol, maxMessageBytes } from './protocol.ts'
import type { TestNode, TestWorld } from './suite/hive-world.ts'
import { createTestWorld } from './suite/hive-world.ts'
import { ask, eveCertificate, eveKey, eveOwner, evePeer, hear, intrude, never } from './suite/intruder.ts'
import { handlesOf, inviteTo, join, makeHive, makeMembers, pass } from './suite/steps.ts'

/** What eve does otherwise than an honest newcomer. */
interface Trick {
  readonly kind?: 'join' | 'enroll'
  readonly secret?: Uint8Array
  readonly signer?: SigningKey
  readonly certificate?: Uint8Array
  readonly node?: PeerId
  readonly handle?: string
}

function read(code: string): InviteCode & { readonly secret: Uint8Array } {
  const parsed = parseInviteCode(code)
  if (parsed.verdict !== 'code' || parsed.code.secret === undefined) throw new Error('a code with a secret was expected')
  return { ...parsed.code, secret: parsed.code.secret }
}

/** Eve shows a code, right in everything but her trick; gives what she is answered. */
async function show(world: TestWorld, at: TestNode, code: string, trick: Trick = {}): Promise<string> {
  await using eve = await intrude(world, at)
  const { hive, node: host, secret } = read(code)
  const channel = await eve.open()
  const newcomerNonce = new Uint8Array(32).fill(1)
  const challenge = await ask(world, channel, { t: 'knock', invite: inviteIdOf(secret), nonce: newcomerNonce })
  assert.equal(challenge?.t, 'challenge')
  const subject: ProofSubject = { hive, newcomer: evePeer, host, newcomerNonce, hostNonce: challenge.nonce }
  const proof = proveKnowledge(inviteKeyOf(trick.secret ?? secret), 'newcomer', subject)
  const proofs = { proof, nodeProof: proveNode(trick.signer ?? eveKey, subject) }
  const answer = await ask(
    world,
    channel,
    trick.kind === 'enroll'
      ? { t: 'enroll', ...proofs, node: trick.node ?? evePeer, label: 'eve', lastSerial: 0 }
      : { t: 'join', ...proofs, certificate: trick.certificate ?? eveCertificate.bytes, handle: trick.handle ?? 'eve' },
  )
  channel.abort(new Error('heard enough'))
  return answer?.t === 'refused' ? answer.reason : (answer?.t ?? 'cut')
}

function certify(node: PeerId, notAfter?: number): Uint8Array {
  return signCertificate(eveOwner, { node, label: '', agents: [], roles: [], notBefore: 0, notAfter, serial: 1 }).bytes
}

test('S1: a code is taken from who has its secret, its own node key, and a certificate in force, and from nobody else', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, ada)
  const code = await inviteTo(world, ada)
  const { code: enrollment } = await world.run(ada.enrollment.enroll({ label: '', agents: [], roles: [], expires: '24h' }, world.context()))
  const tricks: readonly (readonly [Trick, string, code?: string])[] = [
    [{ secret: new Uint8Array(16) }, 'unknown'],
    [{ signer: eveOwner }, 'unknown'],
    [{ certificate: certify(bob.keys.nodeId) }, 'unknown'],
    [{ certificate: certify(evePeer, 1_000) }, 'unknown'],
    [{ handle: '-x' }, 'handle-taken'],
    // an invite makes a member, never a machine of the owner who made it; and the other way round
    [{ kind: 'enroll' }, 'unknown'],
    [{}, 'unknown', enrollment],
    [{ kind: 'enroll', secret: new Uint8Array(16) }, 'unknown', enrollment],
    [{ kind: 'enroll', node: bob.keys.nodeId }, 'unknown', enrollment],
  ]
  for (const [trick, answer, shown] of tricks) assert.equal(await show(world, ada, shown ?? code, trick), answer, Object.keys(trick).join())
  assert.deepEqual(handlesOf(ada), ['ada'])
  assert.equal(await show(world, ada, enrollment, { kind: 'enroll' }), 'joined')
  assert.equal(await show(world, ada, code), 'joined')
  assert.deepEqual(handlesOf(ada), ['ada', 'eve'])
})

test('an enrolment code that expired enrolls nobody', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const { code } = await world.run(ada.enrollment.enroll({ label: '', agents: [], roles: [], expires: '1m' }, world.context()))
  await pass(world, 120_000)
  assert.equal(await show(world, ada, code, { kind: 'enroll' }), 'expired')
})

test('a code made by a root that handed on is refused with that reason', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  const code = await inviteTo(world, ada)
  await world.run(ada.handlers['hive.root']({ action: 'hand-on', node: bob.keys.nodeId }, world.context()))
  await pass(world, 3_000)
  assert.equal(await show(world, ada, code), 'not-root')
})

/** A code that leads to eve, who does not know its secret unless she is told, and what a newcomer makes of her answer. */
async function answerAs(
  world: TestWorld,
  newcomer: TestNode,
  {
    kind,
    victim,
    answer,
  }: {
    readonly kind: 'invite' | 'enroll'
    readonly victim: TestNode
    readonly answer: (key: Uint8Array, subject: ProofSubject) => JoinMessage
  },
): Promise<unknown> {
  const hive = victim.running().service.known
  await using host = world.network(hive.id).openHost(evePeer, testHostOptions)
  const secret = new Uint8Array(16).fill(7)
  const serve = { maxMessageBytes, maxPerPeer: 2, strangers: true }
  host.handle(
    joinProtocol(hive.id),
    async (channel) => {
      const knock = await hear(channel)
      if (knock?.t !== 'knock') return
      const hostNonce = new Uint8Array(32).fill(2)
      await channel.send(formatMessage({ t: 'challenge', nonce: hostNonce }))
      await hear(channel)
      const subject = { hive: hive.id, newcomer: channel.peer, host: evePeer, newcomerNonce: knock.nonce, hostNonce }
      await channel.send(formatMessage(answer(inviteKeyOf(secret), subject)))
      await channel.receive({ signal: never })
    },
    serve,
  )
  const addresses = host.addresses().map((address) => address.replace(`/p2p/${evePeer}`, ''))
  const code = formatInviteCode({ kind, hive: hive.id, name: 'workshop', node: evePeer, addresses, secret, genesis: undefined })
  const joined =
    kind === 'invite' ? join(world, newcomer, code) : world.run(newcomer.enrollment.accept({ code, label: undefined }, world.context()))
  return await joined.then(
    () => 'taken',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  )
}

test('S1: a newcomer takes nothing from who answers a code without knowing it, for another hive, or with another node’s certificate', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, ada)
  const genesis = ada.running().service.known.bytes
  const evesHive = createGenesis({
    name: 'workshop',
    policy: 'closed',
    root: { owner: eveCertificate.certificate.owner, node: evePeer },
    nonce: new Uint8Array(16),
  }).bytes
  const nothing = { t: 'joined', certificate: null, handle: 'bob', entries: [], evidence: [] } as const
  const right = (key: Uint8Array, subject: ProofSubject): Uint8Array => proveKnowledge(key, 'host', subject)
  const wrong = { kind: 'invite', victim: ada } as const
  const outcomes = [
    await answerAs(world, bob, { ...wrong, answer: () => ({ ...nothing, proof: new Uint8Array(32), genesis }) }),
    await answerAs(world, bob, { ...wrong, answer: (...by) => ({ ...nothing, proof: right(...by), genesis: evesHive }) }),
    await answerAs(world, bob, {
      kind: 'enroll',
      victim: ada,
      answer: (...by) => ({ ...nothing, proof: right(...by), genesis, certificate: certify(peerIdOfKey(eveOwner.publicKey)) }),
    }),
  ]
  assert.deepEqual(outcomes, ['JOIN_PROTOCOL', 'JOIN_PROTOCOL', 'JOIN_PROTOCOL'])
  assert.deepEqual(bob.hives.list(), [])
})
