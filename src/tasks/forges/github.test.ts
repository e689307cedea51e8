import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openForgeStand } from '../testing/forge-stand.ts'
import { testDraft } from '../testing/test-names.ts'

const { signal } = new AbortController()

test('F21: a pull request from a fork that the same owner has is not taken for ours', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'github')
  const fork = fixture.state.addPull({ ...testDraft, isFork: 'own' })
  assert.equal(await forge.findPull(testDraft, { signal }), undefined)
  const opened = await forge.openPull(testDraft, { signal })
  assert.deepEqual([opened.wasThere, opened.id === String(fork.number)], [false, false])
  for (const pull of fixture.state.pulls) pull.state = 'merged'
  assert.deepEqual(
    (await forge.listMerged(testDraft, { signal })).map(({ id }) => id),
    [opened.id],
  )
})

test('F20: a look at what did not change costs nothing of the budget that GitHub gives, and the last of it is left alone until it is new', async (t) => {
  const { forge, fixture, clock } = await openForgeStand(t, 'github')
  const { number } = fixture.state.addIssue()
  const budget = fixture.budget ?? assert.fail()
  const look = () => forge.issue(number, { signal })
  for (let looks = 0; looks < 3; looks++) await look()
  assert.deepEqual([budget.left, fixture.seen.map(({ status }) => status)], [4_999, [200, 304, 304]])
  budget.left = 51
  await forge.setOpen(number, false, { signal })
  await assert.rejects(look(), { code: 'FORGE_LIMITED' })
  assert.deepEqual([budget.left, fixture.seen.length], [50, 4])
  fixture.state.now += 3_600_000
  await clock.advance(3_600_000)
  assert.equal((await look()).isOpen, false)
  assert.equal(budget.left, 4_999)
})
