import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openForgeStand } from '../testing/forge-stand.ts'

const { signal } = new AbortController()
const draft = { head: 'althing/issue-1', base: 'main', title: 'Keep it', body: 'Closes #1' }

test('F21: a pull request from a fork that the same owner has is not taken for ours', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'github')
  const fork = fixture.state.addPull({ ...draft, isFork: 'own' })
  assert.equal(await forge.findPull(draft, { signal }), undefined)
  const opened = await forge.openPull(draft, { signal })
  assert.deepEqual([opened.wasThere, opened.id === String(fork.number)], [false, false])
  for (const pull of fixture.state.pulls) pull.state = 'merged'
  assert.deepEqual(
    (await forge.listMerged(draft, { signal })).map(({ id }) => id),
    [opened.id],
  )
})
