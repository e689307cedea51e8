import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigningKey, peerIdOfKey } from '../../identity/keys.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { ClaimDocument, ClaimKind } from '../claims/claim-document.ts'
import type { ObjectId } from '../git/objects.ts'
import { testHiveId, testProject, testTask } from '../testing/test-names.ts'
import type { ChainState } from './chain.ts'
import { extendChain, isAtWork, isEnd, isHolding, isNewer, nextEpoch } from './chain.ts'
import type { RefMeaning, RefSight } from './judge-ref.ts'
import { judgeRef } from './judge-ref.ts'
import { formatReason, isFailedWork, isRework } from './reasons.ts'

const [ada, bob] = [peerIdOfKey(createSigningKey().publicKey), peerIdOfKey(createSigningKey().publicKey)]
const self = { peer: ada, process: 'p' }
const place = { hive: testHiveId, project: testProject, task: testTask, closedEpoch: 0 }

interface Word {
  readonly kind?: ClaimKind
  readonly by?: PeerId
  readonly epoch?: number
  readonly process?: string
  readonly reason?: string
  readonly pr?: string
  readonly task?: ClaimDocument['task']
  readonly project?: ClaimDocument['project']
  readonly hive?: ClaimDocument['hive']
  readonly previous?: ObjectId | null
}

function idOf(index: number): ObjectId {
  return String(index).padStart(40, '0') as ObjectId
}

/** A chain of words; `undefined` is a commit that is no claim. Ids count from 1. */
function chainOf(words: readonly (Word | undefined)[], closedEpoch = 0): ChainState {
  let state: ChainState | undefined
  words.forEach((word, index) => {
    const document: ClaimDocument | undefined = word && {
      ...{ v: 1, kind: 'renew', hive: testHiveId, project: testProject, task: testTask, epoch: 1, holder: word.by ?? ada, process: 'p' },
      ...{
        ttlSeconds: 60,
        base: 'main',
        branch: 'althing/issue-7',
        issueHash: '',
        nonce: '',
        at: '',
        previous: index === 0 ? null : idOf(index),
      },
      ...word,
    }
    state = extendChain(state, { id: idOf(index + 1), document }, { ...place, closedEpoch })
  })
  assert.ok(state !== undefined)
  return state
}

function judge(words: readonly (Word | undefined)[], sight: Partial<RefSight> = {}): RefMeaning {
  const closedEpoch = sight.closed?.lastEpoch ?? 0
  const chain = chainOf(words, closedEpoch)
  const all = { value: chain.head, chain, known: undefined, descends: true, closed: undefined, ...sight }
  return judgeRef(all, self)
}

const first: Word = { kind: 'claim' }

test('a holding is named by the link that began it, whatever follows', () => {
  const state = chainOf([first, {}, { process: 'q' }, { kind: 'review', pr: '12' }])
  assert.deepEqual([state.holding?.began, state.holding?.process, state.holding?.pr, state.links], [idOf(1), 'p', '12', 4])
})

for (const [what, words] of Object.entries<readonly (Word | undefined)[]>({
  'a commit that is no claim': [undefined],
  'a chain that begins with a renewal': [{}],
  'a first epoch of 2': [{ kind: 'claim', epoch: 2 }],
  'a first link that names a parent': [{ kind: 'claim', previous: idOf(9) }],
  'a renewal by another': [first, { by: bob }],
  'a renewal in another epoch': [first, { epoch: 2 }],
  'a link that names another parent': [first, { previous: idOf(9) }],
  'a link of another task': [first, { task: 'issue-8' as ClaimDocument['task'] }],
  'a link of another project': [first, { project: 'forge.example/team/other' as ClaimDocument['project'] }],
  'a link of another hive': [first, { hive: 'another' as ClaimDocument['hive'] }],
  'a release by another': [first, { kind: 'release', by: bob }],
  'a renewal after a release': [first, { kind: 'release' }, {}],
  'a renewal of what is in review': [first, { kind: 'review' }, {}],
  'a done by another while somebody works': [first, { kind: 'done', by: bob }],
  'a second done': [first, { kind: 'done' }, { kind: 'done', by: bob }],
  'a second claim': [first, { kind: 'claim' }],
  'a takeover in the same epoch': [first, { kind: 'takeover', by: bob }],
  'a takeover that skips an epoch': [first, { kind: 'takeover', by: bob, epoch: 3 }],
  'a pause of what is paused': [first, { kind: 'pause', by: bob }, { kind: 'pause', by: bob }],
  'a good link after a bad one': [first, undefined, {}],
})) {
  test(`${what} is held by somebody unknown`, () => {
    assert.equal(judge(words).meaning, 'unknown')
  })
}

test('after commits that do not count a takeover passes every epoch they can have had, and no more', () => {
  const state = chainOf([first, undefined, undefined])
  assert.equal(nextEpoch(state, place), 4)
  assert.equal(judge([first, undefined, undefined, { kind: 'takeover', epoch: 4 }]).meaning, 'ours')
  assert.equal(judge([first, undefined, undefined, { kind: 'takeover', epoch: 2 }]).meaning, 'ours')
  assert.equal(judge([first, undefined, undefined, { kind: 'takeover', epoch: 5 }]).meaning, 'unknown')
})

test('epochs go on where a collected chain ended', () => {
  const closed = { lastEpoch: 3 }
  const gone = { value: undefined, chain: undefined, known: undefined, descends: false, closed }
  assert.deepEqual(judgeRef(gone, self), { meaning: 'free', value: undefined, epoch: 4, why: 'closed' })
  assert.equal(judge([{ kind: 'claim', epoch: 4 }], { closed }).meaning, 'ours')
  assert.equal(judge([{ kind: 'claim', epoch: 1 }], { closed }).meaning, 'unknown')
})

test('each end of a chain has its meaning', () => {
  const meanings = [
    judge([first]),
    judge([{ ...first, process: 'before' }]),
    judge([{ ...first, by: bob }]),
    judge([first, { kind: 'release' }]),
    judge([first, { kind: 'break', by: bob }]),
    judge([first, { kind: 'pause', by: bob }]),
    judge([first, { kind: 'pause', by: bob }, { kind: 'break' }]),
    judge([first, { kind: 'review' }]),
    judge([first, { kind: 'review' }, { kind: 'done', by: bob }]),
    judge([first, { kind: 'done' }]),
  ]
  assert.deepEqual(
    meanings.map(({ meaning }) => meaning),
    ['ours', 'ours-elsewhere', 'held', 'free', 'free', 'paused', 'free', 'in-review', 'done', 'done'],
  )
})

test('of a task that nobody is at work on anybody says that it is over', () => {
  for (const kind of ['release', 'break', 'pause', 'review'] as const)
    for (const by of [ada, bob]) assert.equal(judge([first, { kind }, { kind: 'done', by }]).meaning, 'done', `${kind}, then done`)
})

test('a ref that is gone, or does not go on from what was seen, has regressed', () => {
  const known = chainOf([first, {}])
  const gone = { value: undefined, chain: undefined, known, descends: false, closed: undefined }
  assert.deepEqual(judgeRef(gone, self), { meaning: 'regressed', newest: known.head })
  assert.deepEqual(judge([first], { known, descends: false }), { meaning: 'regressed', newest: known.head })
  assert.deepEqual(judge([undefined, undefined, undefined], { known, descends: false }), { meaning: 'regressed', newest: known.head })
  assert.deepEqual(judgeRef({ ...gone, known: undefined }, self), { meaning: 'free', value: undefined, epoch: 1, why: 'new' })
  assert.deepEqual(judgeRef({ ...gone, closed: { lastEpoch: 1 } }, self), { meaning: 'free', value: undefined, epoch: 2, why: 'closed' })
})

test('what cannot be read is nobody’s, whatever was seen before: neither lost nor regressed', () => {
  for (const known of [undefined, chainOf([first])])
    assert.deepEqual(judgeRef({ value: idOf(9), chain: undefined, known, descends: false, closed: undefined }, self), {
      meaning: 'unreadable',
    })
  // what is no commit can have no link upon it; it is pushed over where a chain was seen
  assert.deepEqual(judge([undefined], { isCommit: false }), { meaning: 'unreadable' })
  assert.equal(judge([undefined], { isCommit: false, known: chainOf([first]), descends: false }).meaning, 'regressed')
})

test('of two chains that a restored backup made every node finds the same one newer: the later epoch, more links, the greater head', () => {
  const chains = [
    chainOf([undefined, undefined, undefined, undefined]),
    chainOf([first]),
    { ...chainOf([first]), head: idOf(7) },
    chainOf([first, {}]),
    chainOf([first, {}, undefined]),
    chainOf([first, { kind: 'release' }, { kind: 'takeover', epoch: 2, by: bob }]),
  ]
  for (const [index, chain] of chains.entries())
    assert.deepEqual(
      chains.map((other) => isNewer(chain, other)),
      chains.map((_, at) => at < index),
    )
})

test('a chain that is newer than the one that was seen is judged for itself, and the older one is given up', () => {
  const known = chainOf([first, {}, {}])
  const taken: readonly Word[] = [first, { kind: 'release' }, { kind: 'takeover', epoch: 2, by: bob }]
  assert.equal(judge(taken, { known, descends: false }).meaning, 'held')
})

test('three epochs in a row that ended in failed work are for a person; closed lids, done work and a person’s break do not count', () => {
  const failed = (epoch: number): readonly Word[] => [
    { kind: epoch === 1 ? 'claim' : 'takeover', epoch },
    { kind: 'release', epoch, reason: 'failed: tests' },
  ]
  assert.deepEqual(judge([...failed(1), ...failed(2), ...failed(3)]), { meaning: 'quarantined', failures: 3 })
  const lid: readonly Word[] = [
    { kind: 'takeover', epoch: 3 },
    { kind: 'release', epoch: 3, reason: 'shutdown' },
  ]
  assert.equal(judge([...failed(1), ...failed(2), ...lid]).meaning, 'free')
  assert.equal(judge([...failed(1), ...failed(2), ...failed(3), { kind: 'break', by: bob, epoch: 3 }]).meaning, 'free')
})

test('a reason is a word, then text for people without control characters', () => {
  assert.equal(formatReason('failed', 'no\nanswer\u0000'), 'failed: no answer')
  assert.equal(formatReason('shutdown'), 'shutdown')
  assert.equal(formatReason('failed', 'x'.repeat(600)).length, 480)
  assert.deepEqual(
    [isFailedWork('failed'), isFailedWork('failed: x'), isFailedWork('failedx'), isFailedWork(undefined)],
    [true, true, false, false],
  )
  assert.deepEqual([isRework('conflict: main went on'), isRework('expired'), isRework(undefined)], [true, false, false])
})

test('who waits for a review holds a task, is at work on it no more, and has said all there is to say', () => {
  const kinds = ['claim', 'takeover', 'renew', 'review', 'release', 'done', 'pause', 'break'] as const
  assert.deepEqual(kinds.filter(isHolding), ['claim', 'takeover', 'renew', 'review'])
  assert.deepEqual(kinds.filter(isAtWork), ['claim', 'takeover', 'renew'])
  assert.deepEqual(kinds.filter(isEnd), ['review', 'release', 'done'])
})
