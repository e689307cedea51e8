import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openForgeStand } from '../testing/forge-stand.ts'

const { signal } = new AbortController()
const draft = { head: 'althing/issue-1', base: 'main', title: 'Keep it', body: 'Closes #1' }

test('a request for changes counts however much is said below it, until who made it takes it back', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitlab')
  const { state } = fixture
  const { id } = await forge.openPull(draft, { signal })
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
