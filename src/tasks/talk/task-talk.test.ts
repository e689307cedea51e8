import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf, nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import type { Experience } from '../rules/believe.ts'
import { believe } from '../rules/believe.ts'
import { drawOf, sampleSuccess } from '../rules/sample-success.ts'
import type { Task } from '../task.ts'
import { taskKeyOfIssue } from '../task.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import type { TalkPeer } from '../testing/talk-bench.ts'
import { openTalkBench, testOffer } from '../testing/talk-bench.ts'
import { testIssue, testProject as project, testTask as task } from '../testing/test-names.ts'
import { formatNews, signNews, talkTopic } from './protocol.ts'
import type { TaskNews } from './protocol.ts'

const { signal } = new AbortController()
const name = { project, task }
const eight = ['ada', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal']

/** What each member did, and when after `since`: whoever tries claims at once, and says so. */
async function race(
  clock: VirtualClock,
  peers: readonly TalkPeer[],
  loadOf: (peer: TalkPeer) => number = () => 0,
  { successOf = () => 1, issue = testIssue }: { readonly successOf?: (peer: TalkPeer) => number; readonly issue?: Task } = {},
) {
  const since = clock.monotonic()
  const done: { readonly name: string; readonly verdict: string; readonly ms: number }[] = []
  const runs = peers.map(async (peer) => {
    const turn = { task: issue, epoch: 1, since, load: loadOf(peer), price: 0, success: successOf(peer), first: undefined }
    const verdict = await peer.talk.takeTurn(turn, { signal })
    done.push({ name: peer.name, verdict, ms: clock.monotonic() - since })
    if (verdict === 'try') peer.talk.claimed({ project, task: issue.key }, 1)
  })
  await clock.run(Promise.all(runs))
  return { done, tried: done.flatMap((each) => (each.verdict === 'try' ? [each.name] : [])) }
}

async function offerAll(clock: VirtualClock, peers: readonly TalkPeer[]): Promise<void> {
  for (const { talk } of peers) talk.offer(testOffer)
  await clock.advance(1_000)
}

test('of two nodes one tries at once, and the other passes the task over when it hears of it', async (t) => {
  const { clock, open } = openTalkBench(t)
  const peers = await open(['ada', 'bob'])
  await offerAll(clock, peers)
  const { done, tried } = await race(clock, peers)
  assert.equal(tried.length, 1)
  assert.deepEqual(
    done.map(({ ms }) => ms < 20),
    [true, true],
  )
})

test('of eight nodes that bid the one with the best bid tries, within the window and a moment, and nobody else', async (t) => {
  const { clock, open } = openTalkBench(t)
  const peers = await open(eight)
  await offerAll(clock, peers)
  const said = (): number => peers.reduce((sum, { talk }) => sum + talk.traffic.messagesSent, 0)
  const before = said()
  const { done, tried } = await race(clock, peers, (peer) => (peer.name === 'fay' ? 0 : 0.5))
  assert.deepEqual(tried, ['fay'])
  assert.ok(done.every(({ ms }) => ms >= 100 && ms < 200))
  // who heard three better bids says nothing; one word more says that it is claimed
  const bids = said() - before - 1
  assert.ok(bids >= 3 && bids < 8, `${bids} bids`)
})

test('of five nodes the one that did such tasks well gets most of them, those that are new some, and the one that failed at them none', async (t) => {
  const { clock, open } = openTalkBench(t)
  const peers = await open(['ada', 'bob', 'cy', 'dan', 'eve'])
  await offerAll(clock, peers)
  const like = { isSameProject: true, isSameType: true, at: clock.now() }
  const past = (result: Experience['result']): readonly Experience[] => Array.from({ length: 9 }, () => ({ ...like, result }))
  const pasts = new Map([
    ['ada', past('merged')],
    ['eve', past('failed')],
  ])
  const won: string[] = []
  for (let number = 1; number <= 30; number++) {
    const issue = { ...testIssue, key: taskKeyOfIssue(number), issueHash: number.toString(16).padStart(64, '0') }
    const successOf = ({ name: who, node }: TalkPeer): number =>
      sampleSuccess(believe(pasts.get(who) ?? [], clock.now()), drawOf({ self: node, task: issue.key, epoch: 1 }))
    const { tried } = await race(clock, peers, () => 0, { issue, successOf })
    assert.equal(tried.length, 1)
    won.push(...tried)
  }
  const countOf = (who: string): number => won.filter((winner) => winner === who).length
  const counts = Object.fromEntries(peers.map((peer) => [peer.name, countOf(peer.name)]))
  assert.equal(countOf('eve'), 0, JSON.stringify(counts))
  assert.ok(countOf('ada') > 12 && countOf('ada') < 30, JSON.stringify(counts))
})

test('when the best bidder is gone the next one tries 700 ms later', async (t) => {
  const { clock, open } = openTalkBench(t)
  const peers = await open(eight)
  await offerAll(clock, peers)
  const since = clock.monotonic()
  const tried: { readonly name: string; readonly ms: number }[] = []
  const runs = peers.map(async ({ name: who, talk }) => {
    const turn = {
      task: testIssue,
      epoch: 1,
      since,
      load: who === 'fay' ? 0 : who === 'gus' ? 0.2 : 0.5,
      price: 0,
      success: 1,
      first: undefined,
    }
    if ((await talk.takeTurn(turn, { signal })) === 'taken') return
    tried.push({ name: who, ms: Math.round(clock.monotonic() - since) })
    if (who === 'gus') talk.claimed(name, 1)
  })
  await clock.run(Promise.all(runs))
  assert.deepEqual(tried, [
    { name: 'fay', ms: 150 },
    { name: 'gus', ms: 850 },
  ])
})

test('alone, and while nobody is heard, a node tries at once', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  assert.ok(ada !== undefined && bob !== undefined)
  const { done } = await race(clock, [ada])
  assert.deepEqual(done, [{ name: 'ada', verdict: 'try', ms: 0 }])
})

test('when gossip is split both sides try, and the git server decides', async (t) => {
  const { clock, network, open } = openTalkBench(t)
  const peers = await open(['ada', 'bob'])
  await offerAll(clock, peers)
  network.partition(peers.map(({ node }) => [node]))
  await clock.advance(91_000)
  const { tried } = await race(clock, peers)
  assert.deepEqual(tried.toSorted(), ['ada', 'bob'])
})

test('a liar with the best score there is delays the others by one turn and no more', async (t) => {
  const { clock, open } = openTalkBench(t)
  const peers = await open(eight)
  await offerAll(clock, peers)
  const eve = peers.find((peer) => peer.name === 'eve')
  assert.ok(eve !== undefined)
  await say(clock, eve, { news: 'bid', ...name, issueHash: testIssue.issueHash, score: 1_000_000, load: 0 })
  const honest = peers.filter((peer) => peer !== eve)
  const { done, tried } = await race(clock, honest, () => 0.5)
  assert.equal(tried.length, 1)
  assert.ok(done.every(({ ms }) => ms < 150 + 700 + 20))
})

test('a liar who says that it claimed, and did not, holds off one look', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, eve] = await open(['ada', 'eve'])
  assert.ok(ada !== undefined && eve !== undefined)
  const turn = (since: number) => ({ task: testIssue, epoch: 1, since, load: 0, price: 0, success: 1, first: undefined })
  const looked = clock.monotonic()
  await say(clock, eve, { news: 'claimed', ...name, epoch: 1 })
  assert.equal(await ada.talk.takeTurn(turn(looked), { signal }), 'taken')
  const again = clock.monotonic()
  await say(clock, eve, { news: 'claimed', ...name, epoch: 1 })
  assert.equal(await ada.talk.takeTurn(turn(again), { signal }), 'try')
})

test('a task that is seen, or free again, prompts a look, once for each of its texts', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  assert.ok(ada !== undefined && bob !== undefined)
  const prompts: string[] = []
  bob.talk.onPrompt((prompted) => prompts.push(prompted))
  ada.talk.saw(testIssue)
  ada.talk.saw(testIssue)
  await clock.advance(50)
  assert.deepEqual(prompts, [project])
  bob.talk.saw(testIssue)
  const { sent } = bob.talk.traffic
  assert.equal(sent, 0)
  ada.talk.saw({ ...testIssue, issueHash: '1'.repeat(64) })
  ada.talk.released(name)
  await clock.advance(50)
  assert.deepEqual(prompts, [project, project, project])
})

test('a node that sees a thousand tasks floods nobody: of the rest it speaks later', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  assert.ok(ada !== undefined && bob !== undefined)
  const tasks = Array.from({ length: 1_000 }, (_, index) => ({ ...testIssue, issueHash: index.toString(16).padStart(64, '0') }))
  for (const seen of tasks) ada.talk.saw(seen)
  await clock.advance(50)
  assert.equal(ada.talk.traffic.messagesSent, 20)
  await clock.advance(10_000)
  for (const seen of tasks) ada.talk.saw(seen)
  await clock.advance(50)
  assert.equal(ada.talk.traffic.messagesSent, 30)
})

test('one sender cannot make others look without end', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, eve] = await open(['ada', 'eve'])
  assert.ok(ada !== undefined && eve !== undefined)
  let prompts = 0
  ada.talk.onPrompt(() => (prompts += 1))
  for (let count = 1; count <= 100; count++) await say(clock, eve, { news: 'released', project, task })
  assert.ok(prompts <= 12, `${prompts} prompts`)
})

test('a task seen while nobody was connected is told later', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'], [])
  assert.ok(ada !== undefined && bob !== undefined)
  let prompts = 0
  bob.talk.onPrompt(() => (prompts += 1))
  ada.talk.saw(testIssue)
  await clock.advance(50)
  await clock.run(ada.host.dial(`/memory/${bob.node}/p2p/${bob.node}`, { signal }))
  ada.talk.saw(testIssue)
  await clock.advance(50)
  assert.equal(prompts, 1)
})

test('a worker is known to others within a second, says so every 30 s, and is forgotten when it ends, is cut off, or falls silent', async (t) => {
  const { clock, network, open } = openTalkBench(t)
  const peers = await open(['ada', 'bob', 'cy'])
  const [ada, bob, cy] = peers
  assert.ok(ada !== undefined && bob !== undefined && cy !== undefined)
  await offerAll(clock, [bob, cy])
  assert.deepEqual(
    ada.talk
      .workers()
      .map(({ node }) => node)
      .toSorted(),
    [bob.node, cy.node].toSorted(),
  )
  await clock.advance(300_000)
  assert.deepEqual([ada.talk.isAlive(bob.node), ada.talk.isAlive(cy.node)], [true, true])
  bob.talk.offer(undefined)
  await clock.advance(100)
  assert.deepEqual([ada.talk.isAlive(bob.node), ada.talk.isAlive(cy.node)], [false, true])
  network.sleep(cy.node)
  await clock.advance(91_000)
  assert.deepEqual(ada.talk.workers(), [])
})

test('a node whose connection broke counts as gone at once, and as there when it is heard through others', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob, cy] = await open(['ada', 'bob', 'cy'])
  assert.ok(ada !== undefined && bob !== undefined && cy !== undefined)
  await offerAll(clock, [bob])
  await ada.host.disconnect(bob.node)
  await clock.advance(100)
  assert.equal(ada.talk.isAlive(bob.node), false)
  await clock.advance(31_000)
  assert.equal(ada.talk.isAlive(bob.node), true)
})

test('of those who look at a project one does so for all; when it falls silent another does', async (t) => {
  const { clock, open } = openTalkBench(t)
  const peers = await open(['ada', 'bob', 'cy'])
  for (const { talk } of peers) talk.polled(project)
  await clock.advance(50)
  const pollers = (): readonly TalkPeer[] => peers.filter(({ talk }) => !talk.isPolledByAnother(project, 30_000))
  const [first, ...more] = pollers()
  assert.equal(more.length, 0)
  await clock.advance(20_000)
  for (const peer of peers) if (peer !== first) peer.talk.polled(project)
  await clock.advance(20_000)
  const [second] = pollers().filter((peer) => peer !== first)
  assert.ok(second !== undefined)
})

test('words of strangers, forged ones and repeats are not taken, and whoever passes nonsense on is told so', async (t) => {
  const mallory = nodeOf('mallory')
  const { clock, open } = openTalkBench(t, { isMember: (node) => node !== mallory })
  const [ada, eve] = await open(['ada', 'eve'])
  assert.ok(ada !== undefined && eve !== undefined)
  let prompts = 0
  ada.talk.onPrompt(() => (prompts += 1))
  const publish = async (bytes: Uint8Array): Promise<void> => {
    await clock.run(eve.host.gossip.publish(talkTopic(testHive), bytes))
    await clock.advance(20)
  }
  const news: TaskNews = { news: 'released', ...name }
  await publish(formatNews(signNews(keyOf('mallory'), testHive, { nonce: 1, news })))
  const signed = signNews(keyOf('cy'), testHive, { nonce: 1, news })
  await publish(formatNews({ ...signed, nonce: 2 }))
  await publish(formatNews({ ...signed, sender: ada.node }))
  assert.equal(prompts, 0)
  await publish(formatNews(signed))
  assert.equal(prompts, 1)
  // past what gossip itself remembers
  await clock.advance(300_000)
  await publish(formatNews(signed))
  assert.equal(prompts, 1)
})

test('where we stand is told before any bid', async (t) => {
  const { clock, open } = openTalkBench(t)
  const peers = await open(['ada', 'bob', 'cy'])
  await offerAll(clock, peers)
  const ranks = peers.map(({ talk }) => talk.standing(testIssue))
  assert.deepEqual(
    ranks.map(({ rank }) => rank).toSorted((a, b) => a - b),
    [0, 1, 2],
  )
  assert.deepEqual(
    ranks.map(({ of }) => of),
    [3, 3, 3],
  )
  const [ada, bob] = peers
  bob?.talk.offer({ ...testOffer, slots: 0 })
  await clock.advance(50)
  assert.equal(ada?.talk.standing(testIssue).of, 2)
})

test('bytes that were said and heard are counted', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  assert.ok(ada !== undefined && bob !== undefined)
  ada.talk.claimed(name, 1)
  await clock.advance(50)
  const { sent, messagesSent } = ada.talk.traffic
  const { received, messagesReceived } = bob.talk.traffic
  assert.deepEqual([messagesSent, messagesReceived, sent], [1, 1, received])
  assert.ok(sent > 100 && sent < 300, `${sent} bytes`)
})

let lastNonce = 1_760_000_000_000_000

/** What a member would never say by itself. */
async function say(clock: VirtualClock, peer: TalkPeer, news: TaskNews): Promise<void> {
  lastNonce += 1
  await clock.run(peer.host.gossip.publish(talkTopic(testHive), formatNews(signNews(peer.key, testHive, { nonce: lastNonce, news }))))
  await clock.advance(20)
}
