import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testHive } from '../../journal/testing/bench-of-peers.ts'
import { encodeText } from '../../lib/bytes.ts'
import type { TalkPeer } from '../testing/talk-bench.ts'
import { openTalkBench, testHelpTimeoutMs, testOffer } from '../testing/talk-bench.ts'
import { testProject as project, testTask as task } from '../testing/test-names.ts'
import {
  clipText,
  formatAnswer,
  formatQuestion,
  helpProtocol,
  maxAnswerLength,
  maxHelpBytes,
  maxQuestionLength,
  parseAnswer,
  parseQuestion,
} from './help-protocol.ts'

const { signal } = new AbortController()
const question = { project, task, text: 'Where is the cart kept?' }

/** A worker whose model answers, or has none. */
function answers(peer: TalkPeer | undefined, text: string | undefined, asked: string[] = []): void {
  peer?.talk.offer({ ...testOffer, answers: true })
  peer?.help.answerWith(async (given) => {
    asked.push(`${peer.name}: ${given.text}`)
    return text
  })
}

test('a question is answered by the model of another node', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  assert.ok(ada !== undefined && bob !== undefined)
  answers(bob, 'In SQLite.')
  await clock.advance(1_000)
  assert.deepEqual(await clock.run(ada.help.ask(question, { signal })), { text: 'In SQLite.', by: bob.node })
})

test('a question goes over two hops to who can answer, and the answer comes back', async (t) => {
  const { clock, network, open } = openTalkBench(t)
  const [ada, bob, cy] = await open(
    ['ada', 'bob', 'cy'],
    [
      ['ada', 'bob'],
      ['bob', 'cy'],
    ],
  )
  assert.ok(ada !== undefined && bob !== undefined && cy !== undefined)
  network.cut(ada.node, cy.node)
  network.cut(cy.node, ada.node)
  answers(cy, 'In SQLite.')
  await clock.advance(31_000)
  assert.deepEqual(await clock.run(ada.help.ask(question, { signal })), { text: 'In SQLite.', by: cy.node })
})

test('three hops are the most', async (t) => {
  const names = ['ada', 'bob', 'cy', 'dan', 'eve']
  const { clock, network, open } = openTalkBench(t)
  const peers = await open(
    names,
    names.slice(1).map((name, index) => [names[index] ?? '', name] as const),
  )
  for (const [index, one] of peers.entries())
    for (const other of peers.slice(index + 2)) {
      network.cut(one.node, other.node)
      network.cut(other.node, one.node)
    }
  const [ada, bob, , , eve] = peers
  assert.ok(ada !== undefined && bob !== undefined)
  answers(eve, 'In SQLite.')
  await clock.advance(31_000)
  assert.equal(await clock.run(ada.help.ask(question, { signal })), undefined)
  assert.equal((await clock.run(bob.help.ask(question, { signal })))?.by, eve?.node)
})

test('a question goes in no circle: each node looks at it once', async (t) => {
  const { clock, open } = openTalkBench(t)
  const peers = await open(['ada', 'bob', 'cy', 'eve'])
  const [ada, ...others] = peers
  assert.ok(ada !== undefined)
  const asked: string[] = []
  for (const peer of others) answers(peer, undefined, asked)
  await clock.advance(1_000)
  assert.equal(await clock.run(ada.help.ask(question, { signal })), undefined)
  assert.deepEqual(
    asked.toSorted(),
    ['bob', 'cy', 'eve'].map((name) => `${name}: ${question.text}`),
  )
})

test('who hangs costs a share of the time, and somebody else is asked', async (t) => {
  const { clock, open } = openTalkBench(t)
  const peers = await open(['ada', 'bob', 'cy'])
  const [ada, ...others] = peers
  assert.ok(ada !== undefined)
  const first: string[] = []
  for (const { help, talk, node } of others) {
    talk.offer({ ...testOffer, answers: true })
    help.answerWith((_given, { signal: late }) => {
      first.push(node)
      if (first.length > 1) return Promise.resolve('In SQLite.')
      return new Promise((_, reject) => late.addEventListener('abort', () => reject(new Error('late'))))
    })
  }
  await clock.advance(1_000)
  const began = clock.monotonic()
  const answer = await clock.run(ada.help.ask(question, { signal }))
  assert.equal(answer?.by, first[1])
  assert.ok(clock.monotonic() - began <= testHelpTimeoutMs / 2 + 100)
})

test('nobody answers in time: the question ends at its deadline', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  assert.ok(ada !== undefined && bob !== undefined)
  bob.talk.offer({ ...testOffer, answers: true })
  bob.help.answerWith(() => new Promise(() => {}))
  await clock.advance(1_000)
  const began = clock.monotonic()
  assert.equal(await clock.run(ada.help.ask(question, { signal })), undefined)
  assert.ok(clock.monotonic() - began <= testHelpTimeoutMs)
})

test('where nobody says that it answers nobody is asked', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  assert.ok(ada !== undefined && bob !== undefined)
  bob.talk.offer(testOffer)
  const asked: string[] = []
  bob.help.answerWith(async () => {
    asked.push('bob')
    return undefined
  })
  await clock.advance(1_000)
  const began = clock.monotonic()
  assert.equal(await clock.run(ada.help.ask(question, { signal })), undefined)
  assert.deepEqual([asked, clock.monotonic()], [[], began])
})

test('one neighbour has so many questions answered, and no more', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  assert.ok(ada !== undefined && bob !== undefined)
  const asked: string[] = []
  answers(bob, 'In SQLite.', asked)
  await clock.advance(1_000)
  for (let count = 0; count < 15; count++) await clock.run(ada.help.ask(question, { signal }))
  assert.equal(asked.length, 10)
})

test('who says that a question came by others than it did is not heard', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob, eve] = await open(['ada', 'bob', 'eve'])
  assert.ok(ada !== undefined && bob !== undefined && eve !== undefined)
  const asked: string[] = []
  answers(bob, 'In SQLite.', asked)
  const send = async (bytes: Uint8Array): Promise<Uint8Array | undefined> => {
    const channel = await eve.host.open(bob.node, helpProtocol(testHive), { signal, maxMessageBytes: maxHelpBytes })
    await channel.send(bytes)
    return channel.receive({ signal })
  }
  const said = { ...question, id: new Uint8Array(16), waitMs: 60_000 }
  await assert.rejects(clock.run(send(formatQuestion({ ...said, path: [ada.node] }))))
  await assert.rejects(clock.run(send(encodeText('nonsense'))))
  const circle = await clock.run(send(formatQuestion({ ...said, path: [bob.node, eve.node] })))
  assert.deepEqual(parseAnswer(circle ?? new Uint8Array())?.answer, 'none')
  assert.deepEqual(asked, [])
  const good = await clock.run(send(formatQuestion({ ...said, path: [eve.node] })))
  assert.deepEqual(parseAnswer(good ?? new Uint8Array())?.answer, { text: 'In SQLite.', by: bob.node })
})

test('S22: questions and answers are bounded, and hold no control characters', async (t) => {
  const { open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  assert.ok(ada !== undefined && bob !== undefined)
  const said = { ...question, id: new Uint8Array(16), waitMs: 60_000, path: [ada.node] }
  const read = (change: object) => parseQuestion(formatQuestion({ ...said, ...change }))
  assert.deepEqual(read({}), said)
  const four = [ada.node, bob.node, ...(await open(['cy', 'eve'])).map(({ node }) => node)]
  for (const change of [
    { text: 'x'.repeat(maxQuestionLength + 1) },
    { text: 'a\u001b[2J' },
    { id: new Uint8Array(15) },
    { path: [] },
    { path: four },
    { path: [ada.node, ada.node] },
    { waitMs: 600_001 },
    { task: 'x'.repeat(65) },
    { project: 'no project' },
  ])
    assert.equal(read(change), undefined, JSON.stringify(change).slice(0, 80))
  const answer = (text: string) => parseAnswer(formatAnswer(said.id, { text, by: bob.node }))
  assert.deepEqual(answer('yes\n\tno')?.answer, { text: 'yes\n\tno', by: bob.node })
  for (const text of ['x'.repeat(maxAnswerLength + 1), 'a\u0007']) assert.equal(answer(text), undefined)
  assert.equal(clipText(`a\u001bb\n${'x'.repeat(100)}\ud800`, 10), 'a b\nxxxxxx')
})
