import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openForgeStand } from '../testing/forge-stand.ts'
import { testDraft } from '../testing/test-names.ts'

const { signal } = new AbortController()

test('all comments of an issue come in one answer, and when they are too many none is read', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitea')
  const { number } = fixture.state.addIssue()
  for (let count = 0; count < 5_000; count++) fixture.state.addComment(number, 'ada', 'and')
  assert.equal((await forge.comments(number, { signal })).length, 5_000)
  fixture.state.addComment(number, 'ada', 'and')
  await assert.rejects(forge.comments(number, { signal }), { code: 'FORGE_TOO_LONG' })
})

test('labels of the organisation are put on and taken off as those of the repository are, and not made a second time', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitea')
  const { state } = fixture
  state.orgLabels.set('in-progress', 501).set('needs-human', 502)
  const { number } = state.addIssue({ labels: ['bzzz-task', 'needs-human'] })
  await forge.label(number, { add: ['in-progress', 'completed'], remove: ['needs-human'] }, { signal })
  assert.deepEqual(state.issues.get(number)?.labels.toSorted(), ['bzzz-task', 'completed', 'in-progress'])
  assert.deepEqual([...state.labels.keys()].toSorted(), ['bzzz-task', 'completed'])
})

test('of closed pull requests the hundred that changed last are looked through for those of a branch, and no more once some are found', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitea')
  const { state, seen } = fixture
  const merge = (head: string): string => {
    const pull = state.addPull({ ...testDraft, head })
    pull.state = 'merged'
    return String(pull.number)
  }
  const look = async () => {
    const before = seen.length
    const found = await forge.listMerged(testDraft, { signal })
    return { ids: found.map(({ id }) => id), pages: seen.length - before }
  }
  const ours = merge(testDraft.head)
  for (let count = 0; count < 50; count++) merge('cart')
  assert.deepEqual(await look(), { ids: [ours], pages: 2 })
  for (let count = 0; count < 50; count++) merge('cart')
  assert.deepEqual(await look(), { ids: [], pages: 2 })
  const newer = merge(testDraft.head)
  assert.deepEqual(await look(), { ids: [newer], pages: 1 })
})
