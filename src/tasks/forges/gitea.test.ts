import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openForgeStand } from '../testing/forge-stand.ts'

const { signal } = new AbortController()

test('labels of the organisation are put on and taken off as those of the repository are, and not made a second time', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'gitea')
  const { state } = fixture
  state.orgLabels.set('in-progress', 501).set('needs-human', 502)
  const { number } = state.addIssue({ labels: ['bzzz-task', 'needs-human'] })
  await forge.label(number, { add: ['in-progress', 'completed'], remove: ['needs-human'] }, { signal })
  assert.deepEqual(state.issues.get(number)?.labels.toSorted(), ['bzzz-task', 'completed', 'in-progress'])
  assert.deepEqual([...state.labels.keys()].toSorted(), ['bzzz-task', 'completed'])
})
