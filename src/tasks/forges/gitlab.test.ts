import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../lib/log.ts'
import { taskKeyOfIssue } from '../task.ts'
import { openForgeStand } from '../testing/forge-stand.ts'
import { testDraft, testProject } from '../testing/test-names.ts'
import { createIssueSource } from './issue-source.ts'

const { signal } = new AbortController()

test('a request for changes counts however much is said below it, until who made it takes it back', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitlab')
  const { state } = fixture
  const { id } = await forge.openPull(testDraft, { signal })
  const areRequested = async (): Promise<boolean> => (await forge.pull(id, { signal })).areChangesRequested
  const { number, commit } = state.pulls[0] ?? assert.fail()
  state.reviews.push({ of: number, author: 'ada', word: 'changes-requested', commit })
  for (let count = 0; count < 120; count++) state.addComment(number, 'bob', 'requested changes')
  assert.equal(await areRequested(), true)
  state.addComment(number, 'ada', 'unapproved this merge request', true)
  assert.equal(await areRequested(), false)
})

test('a name that nobody has changes no assignee', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitlab')
  const { number } = fixture.state.addIssue({ assignees: ['ada'] })
  await forge.assign(number, { add: ['nobody'], remove: ['eve'] }, { signal })
  assert.deepEqual(fixture.state.issues.get(number)?.assignees, ['ada'])
  assert.deepEqual(
    fixture.seen.map(({ method }) => method),
    ['GET', 'GET'],
  )
})

test('S22: what is said to few reaches no task: an internal note, and a confidential issue', async (t) => {
  const { forge, fixture, clock } = await openForgeStand(t, 'gitlab')
  const { state } = fixture
  const options = { project: testProject, label: 'bzzz-task', trustedAuthors: [] }
  const source = createIssueSource({ clock, log: silentLog, openForge: async () => forge }, options)
  const [plain, secret] = [state.addIssue(), state.addIssue({ isConfidential: true })]
  state.addComment(plain.number, 'ada', 'for all')
  state.addComment(plain.number, 'ada', 'between us').isInternal = true
  assert.deepEqual(
    (await source.open({ signal })).map(({ number, body }) => [number, body]),
    [[plain.number, 'It should not.\n\n---\n\nada said:\nfor all']],
  )
  assert.equal(await source.find(taskKeyOfIssue(secret.number), { signal }), undefined)
  Object.assign(plain, { isConfidential: true, updatedAt: state.touch() })
  assert.deepEqual(await source.open({ signal }), [])
})

test('the pipeline of a merge request counts where it is of its commit, or of that merged into the target', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitlab')
  const { state } = fixture
  const { id } = await forge.openPull(testDraft, { signal })
  const { number, commit } = state.pulls[0] ?? assert.fail()
  const [merged, target] = ['d'.repeat(40), 'e'.repeat(40)]
  const checks = async () => (await forge.pull(id, { signal })).checks
  assert.equal(await checks(), undefined)
  state.pipelines.set(number, { sha: commit, status: 'success', parents: [] })
  assert.equal(await checks(), 'green')
  state.pipelines.set(number, { sha: merged, status: 'failed', parents: [target, commit] })
  assert.equal(await checks(), 'red')
  // of a commit that was the newest before
  state.pipelines.set(number, { sha: merged, status: 'failed', parents: [target, 'f'.repeat(40)] })
  assert.equal(await checks(), undefined)
})

test('a merge request without a commit yet says so', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitlab')
  const { id } = await forge.openPull(testDraft, { signal })
  for (const pull of fixture.state.pulls) pull.commit = ''
  assert.equal('commit' in (await forge.pull(id, { signal })), false)
})

test('what is said at no line, or of no file, is said of the file or of all', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitlab')
  const { id } = await forge.openPull(testDraft, { signal })
  const positions = [
    { new_path: 'src/cart.ts', new_line: 0, old_line: 7 },
    { new_path: 'src/cart.ts', new_line: 0, old_line: null },
    { new_path: '', new_line: 3, old_line: null },
    { new_path: null, new_line: null, old_line: null },
  ]
  const said = { system: false, author: { username: 'ada' }, body: 'Use SQLite.' }
  const notes = positions.map((position, at) => ({ ...said, id: at + 1, updated_at: new Date(at * 1_000).toISOString(), position }))
  fixture.mischief = ({ path }) => (path.endsWith('/notes') ? { status: 200, body: notes } : undefined)
  const { remarks } = await forge.feedback(id, { signal })
  assert.deepEqual(
    remarks.map(({ place }) => place),
    ['src/cart.ts:7', 'src/cart.ts', undefined, undefined],
  )
})
