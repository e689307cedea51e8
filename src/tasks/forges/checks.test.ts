import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openForgeStand } from '../testing/forge-stand.ts'

const { signal } = new AbortController()
const commit = 'c'.repeat(40)

for (const [kind, place] of [
  ['github', commit],
  ['github', `status ${commit}`],
  ['gitea', commit],
] as const)
  test(`${kind}: a failure among hundreds of ${place === commit ? 'checks' : 'statuses'} is seen wherever it stands`, async (t) => {
    const { forge, fixture } = await openForgeStand(t, kind)
    const words = Array.from({ length: 250 }, () => 'success')
    fixture.state.checks.set(place, words)
    assert.equal(await forge.checks(commit, { signal }), 'green')
    fixture.state.checks.set(place, [...words, 'failure'])
    assert.equal(await forge.checks(commit, { signal }), 'red')
  })

test('F20: the checks of a commit are unknown, and not none, when GitHub says by 403 and a message that too much was asked', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'github')
  fixture.state.checks.set(commit, ['failure'])
  fixture.mischief = ({ path }) =>
    path.endsWith('/check-runs')
      ? { status: 403, body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' } }
      : undefined
  await assert.rejects(forge.checks(commit, { signal }), { code: 'FORGE_LIMITED', data: { status: 403, retryAfterMs: 60_000 } })
})
