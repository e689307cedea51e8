import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderBrief } from './brief.ts'
import { render } from './render.ts'

const same = (text: string): string => text
const plain = { strong: same, faint: same, good: same, bad: same, name: same }
const task = {
  project: 'file:/srv/git/shop',
  key: 't-0123456789ab',
  title: 'The cart forgets',
  labels: ['bzzz-task', 'in-progress'],
  state: 'open',
  type: 'bug',
  priority: 5,
  claim: 'held',
  holder: '12D3KooWNCdNMm9Z9yN35kTpaJeuRTQT274KnSqYEoaCNRz8SsxL',
  epoch: 2,
}
const ended = { inReview: 2, released: 1, needsHuman: 0, lost: 0 }

function shown(name: string, output: unknown): readonly string[] {
  return render(name, output, plain).split('\n')
}

test('lists with nothing in them say what to type', () => {
  assert.match(shown('project.list', { projects: [] })[0] ?? '', /althing project add URL$/)
  assert.match(shown('task.list', { tasks: [] })[0] ?? '', /althing task add "TITLE"/)
  assert.deepEqual(shown('task.next', { next: null, passedOver: [] }), ['nothing is to be done'])
  assert.deepEqual(shown('task.history', { project: 'x', key: task.key, links: [] }), ['t-0123456789ab was never claimed'])
})

test('a webhook is put into a forge by four lines, and its secret is named by its file', () => {
  const hook = {
    project: 'git.example.org/team/shop',
    forge: 'gitea',
    status: 'made',
    url: 'http://127.0.0.1:4801/hooks/git.example.org/team/shop',
    path: '/hooks/git.example.org/team/shop',
    secretFile: '/home/ada/.althing/secrets/hook-1',
    contentType: 'application/json',
    events: ['issues', 'issue_comment'],
  }
  assert.deepEqual(shown('project.hook', hook), [
    'git.example.org/team/shop · put this into gitea as a webhook:',
    '  address       http://127.0.0.1:4801/hooks/git.example.org/team/shop',
    '  content type  application/json',
    '  secret        what stands in /home/ada/.althing/secrets/hook-1',
    '  events        issues, issue_comment',
    "→ that address is this machine's alone; lead the forge to it by a proxy or tunnel of yours that keeps the path",
  ])
  assert.match(shown('project.hook', { ...hook, url: null }).at(-1) ?? '', /althing p2p start/)
  assert.match(shown('project.hook', { ...hook, status: 'removed', secretFile: null })[0] ?? '', /are refused from now on/)
  assert.deepEqual(shown('project.hook', { ...hook, status: 'missing', secretFile: null }), ['git.example.org/team/shop had no webhook'])
})

test('tasks stand under their project, with who holds them; -q leaves their names', () => {
  assert.deepEqual(shown('task.list', { tasks: [task, { ...task, key: 'issue-7', claim: 'needs-human' }] }), [
    'file:/srv/git/shop',
    '  t-0123456789ab  held          The cart forgets · bug, priority 5',
    '  issue-7         needs-human   The cart forgets · bug, priority 5',
  ])
  assert.equal(renderBrief('task.list', { tasks: [task, { ...task, key: 'issue-7' }] }), 't-0123456789ab\nissue-7')
})

test('a task says its branch, its pull request, where its decision is read, and why no worker takes it', () => {
  const address = 'ucxl://ada-laptop:worker@shop:t-0123456789ab/*~1/decision.md'
  const more = {
    body: 'It should\u001b[2J not.',
    since: '2026-02-01T10:00:00.000Z',
    branch: 'althing/t-0123456789ab',
    whyNot: 'it waits for a person',
    pull: 'record:x',
    decision: address,
    transcript: '{}',
  }
  assert.deepEqual(shown('task.show', { ...task, ...more }), [
    't-0123456789ab · The cart forgets',
    '  file:/srv/git/shop · bug, priority 5 · bzzz-task, in-progress',
    '  held by 12D3KooWNCdNMm, epoch 2, since 2026-02-01T10:00:00Z · branch althing/t-0123456789ab',
    '  pull request record:x',
    `  decided: althing context get '${address}'`,
    '  no worker takes it: it waits for a person',
    '',
    '  It should\uFFFD[2J not.',
    '',
    '{}',
  ])
})

test('the doctor says of each property whether it holds, and then where claims go, or that one node must be alone', () => {
  const lines = [
    { property: 'a second making is refused', isGood: true, detail: 'refused' },
    { property: 'a ref can be removed', isGood: false, detail: 'denied' },
  ]
  assert.deepEqual(shown('project.doctor', { project: 'p', lines, form: null, answered: 'all', hasFailed: true }), [
    'p',
    '  good  a second making is refused · refused',
    '  bad   a ref can be removed · denied',
    '→ let only one node work on this project: two could do the same task',
  ])
  for (const [form, words] of [
    ['native', /go to refs\/althing\/;/],
    ['api', /by the forge's API/],
    ['heads', /go to branches, .* let every node ask its doctor$/],
    ['api-heads', /to branches by the forge's API/],
  ] as const)
    assert.match(shown('project.doctor', { project: 'p', lines: [], form, answered: 'all', hasFailed: false })[1] ?? '', words)
})

test('a doctor that got no answer says nothing of claims', () => {
  const verdictOf = (answered: string) => shown('project.doctor', { project: 'p', lines: [], form: null, answered, hasFailed: true }).at(-1)
  assert.equal(verdictOf('none'), '→ no repository can be read at that address: nothing was learned')
  assert.equal(verdictOf('some'), '→ the server broke off: nothing can be said of claims yet; ask its doctor again')
})

test('what is held for a person says where the work goes and how it ends', () => {
  const held = { project: 'p', forge: 'gitea', key: 'issue-7', title: 'The cart', branch: 'althing/issue-7', base: 'main', epoch: 2 }
  assert.deepEqual(shown('task.claim', { ...held, until: null }), [
    'issue-7 is yours, epoch 2, as long as this node runs: The cart',
    '→ push your work to althing/issue-7, and open a pull request to main',
    '→ then, or to give it back: althing task release issue-7',
  ])
  assert.deepEqual(shown('task.claim', { ...held, forge: 'git', until: null }).slice(1), [
    '→ when it is done, merge it into main yourself, then: althing task done issue-7 --reason "merged"',
    '→ or let a worker go on with it: push it to althing/issue-7, then: althing task release issue-7',
  ])
  assert.match(shown('task.claim', { ...held, until: '2026-02-01T00:00:00.000Z' })[0] ?? '', /until 2026-02-01T00:00:00Z/)
  const released = { project: 'p', key: 'issue-7', status: 'released', pull: null }
  assert.deepEqual(shown('task.release', released), ['issue-7 is given back: every worker may take it'])
  assert.deepEqual(shown('task.release', { ...released, pull: 'https://x.org/12' }), ['issue-7 is in review: https://x.org/12'])
})

test('what happens with tasks is a line each, with where to go on, and says when something may be left out', () => {
  const item = { id: 8, at: '2026-02-01T00:00:00.000Z', event: 'claimed', project: 'p', key: 'issue-7', title: 'The cart' }
  const items = [
    { ...item, epoch: 1, holder: '12D3KooWabcdefgh', reason: null },
    { ...item, event: 'released', epoch: 1, holder: null, reason: 'failed: too hard' },
  ]
  const lines = shown('task.watch', { items, after: 9, hasGap: true })
  assert.match(lines[0] ?? '', /more happened before/)
  assert.match(lines[1] ?? '', /^2026-02-01T00:00:00Z {2}issue-7 {2}claimed by .*, epoch 1: The cart$/)
  assert.match(lines[2] ?? '', /released: The cart · failed: too hard$/)
  assert.equal(lines[3], '-- after 9')
})

test('a history has a line for each link, and says of a commit that is no claim what is wrong with it', () => {
  const link = {
    commit: 'aa',
    kind: 'takeover',
    epoch: 2,
    holder: task.holder,
    reason: 'expired',
    at: '2026-01-01T10:00:00.000Z',
    tokens: 15,
    microUsd: 300,
    why: null,
  }
  assert.deepEqual(
    shown('task.history', { project: 'p', key: task.key, links: [link, { ...link, kind: null, why: 'its signature is wrong' }] }),
    [
      't-0123456789ab · 2 links',
      '  2026-01-01T10:00:00Z  epoch 2  takeover  12D3KooWNCdNMm · expired · 15 tokens, $0.0003',
      '  ! aa is no claim: its signature is wrong',
    ],
  )
})

test('a worker says what it does and how what it did ended', () => {
  assert.equal(render('worker.start', { state: 'stopped', tasks: [], ended }, plain), 'the worker ended: 2 tasks in review, 1 given back')
  const nothing = { ...ended, inReview: 0, released: 0 }
  assert.match(render('worker.start', { state: 'stopped', tasks: [], ended: nothing }, plain), /^no task was taken/)
  assert.deepEqual(shown('worker.status', { state: 'working', tasks: [{ ...task, since: 0 }], ended }), [
    'the worker works',
    '  t-0123456789ab since 1970-01-01 00:00 UTC: The cart forgets · file:/srv/git/shop',
    '  before: 2 tasks in review, 1 given back',
  ])
})

test('a worker that was stopped says what it did; where none ran, that is said', () => {
  const nothing = { ...ended, inReview: 0, released: 0 }
  const stopped = { state: 'stopped', tasks: [], ended, hindrance: null }
  assert.deepEqual(shown('worker.stop', { ...stopped, wasRunning: true }), ['the worker has ended: 2 tasks in review, 1 given back'])
  assert.deepEqual(shown('worker.stop', { ...stopped, ended: nothing, wasRunning: true }), ['the worker has ended: it took no task'])
  for (const [name, more] of [
    ['worker.stop', { wasRunning: false }],
    ['worker.pause', {}],
    ['worker.resume', {}],
  ] as const)
    assert.equal(shown(name, { ...stopped, ...more })[0], 'no worker runs · `althing worker start`')
})

test('-q leaves nothing of a worker that ended, and of how one stands the word', () => {
  const stopped = { state: 'stopped', tasks: [], ended, wasRunning: true }
  for (const name of ['worker.start', 'worker.stop', 'worker.pause', 'worker.resume']) assert.equal(renderBrief(name, stopped), '')
  assert.equal(renderBrief('worker.status', { ...stopped, state: 'working' }), 'working')
})

test('a worker that takes nothing for now says why, and one that ended does not', () => {
  const nothing = { inReview: 0, released: 0, needsHuman: 0, lost: 0 }
  const status = { tasks: [], ended: nothing, hindrance: 'ollama does not answer' }
  assert.deepEqual(shown('worker.status', { ...status, state: 'looking' }), [
    'the worker looks for tasks',
    '  no task is taken for now: ollama does not answer',
  ])
  assert.deepEqual(shown('worker.status', { ...status, state: 'stopped' }), ['no worker runs · `althing worker start`'])
})

test('workers of other nodes are shown with what they can, and the place of this node among them', () => {
  const other = {
    node: '12D3KooWbob',
    agent: 'bob-desk:backend',
    projects: ['p'],
    labels: [],
    types: ['bug'],
    models: ['lab/big'],
    slots: 2,
    answers: true,
  }
  const status = {
    state: 'looking',
    tasks: [],
    ended: { inReview: 0, released: 0, needsHuman: 0, lost: 0 },
    others: [other, { ...other, slots: 0, answers: false, types: [], projects: [] }],
  }
  assert.deepEqual(shown('worker.status', status), [
    'the worker looks for tasks',
    '  bob-desk:backend free for 2 tasks: lab/big · bug · answers questions · p · 12D3KooWbob',
    '  bob-desk:backend busy: lab/big · no project · 12D3KooWbob',
  ])
  const next = { ...task, rank: 2, of: 3 }
  assert.match(shown('task.next', { next, passedOver: [] })[1] ?? '', / · this node is 2 of 3 that could take it$/)
  assert.doesNotMatch(shown('task.next', { next: { ...next, rank: 1, of: 1 }, passedOver: [] })[1] ?? '', /could take it/)
})

test('what would be next says as well that the worker takes nothing for now, and why', () => {
  const next = { ...task, rank: 1, of: 1 }
  const hindrance = 'ollama does not answer'
  assert.equal(
    shown('task.next', { next, hindrance, passedOver: [] })[2],
    '  the worker of this node takes nothing for now: ollama does not answer',
  )
  assert.equal(shown('task.next', { next, hindrance: null, passedOver: [] }).length, 2)
})

test('what would be next says how tasks like it went, where some were tried', () => {
  const next = { ...task, rank: 1, of: 1, likeIt: { tried: 9, wentWell: 7 } }
  assert.match(shown('task.next', { next, passedOver: [] })[1] ?? '', / · 7 of 9 like it went well here$/)
  assert.doesNotMatch(shown('task.next', { next: { ...next, likeIt: { tried: 0, wentWell: 0 } }, passedOver: [] })[1] ?? '', /went well/)
})

test('who answers a worker is told whether it still asked', () => {
  assert.deepEqual(shown('worker.approve', { question: 'q', status: 'answered' }), ['the worker was told'])
  assert.deepEqual(shown('worker.approve', { question: 'q', status: 'gone' }), ['no worker asks that any more'])
})
