import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../lib/log.ts'
import type { FixtureState } from '../testing/fixture-state.ts'
import { openForgeStand } from '../testing/forge-stand.ts'
import { testDraft, testProject } from '../testing/test-names.ts'
import { createIssueSource } from './issue-source.ts'

const { signal } = new AbortController()

type Kind = 'github' | 'gitea' | 'gitlab'

/** What people said of the first pull request, as far as this kind of forge knows that. */
function speak(kind: Kind, state: FixtureState): void {
  const [{ number: of, commit } = assert.fail()] = state.pulls
  const line = { author: 'bob', path: 'src/cart.ts', line: undefined, originalLine: 12 }
  const first = { of, commit, author: 'ada', word: 'changes-requested', body: 'Not yet.', at: state.touch() } as const
  state.reviews.push({ of, commit, author: 'eve', word: 'commented', body: 'Print every key.', at: state.touch() })
  const lines = [
    ...(kind === 'gitlab' ? [{ ...line, body: 'Done already.', at: state.touch(), isResolved: true }] : []),
    { ...line, body: 'Use SQLite.', at: state.touch() },
  ]
  state.reviews.push({ ...first, lines }, { of, commit, author: 'ada', word: 'approved', at: state.touch() })
  if (kind === 'github') state.reviews.push({ ...first, word: 'pending', body: 'a draft' })
  if (kind === 'gitea') state.reviews.push({ ...first, author: 'bob', body: 'Taken back.', isDismissed: true })
  state.addComment(of, 'ada', 'And a test.')
  state.addComment(of, 'ada', 'In review.\n\n<!-- althing -->')
}

/** What ran for its commit, of which two checks failed. */
function runChecks(kind: Kind, state: FixtureState): void {
  const [{ number, commit } = assert.fail()] = state.pulls
  const word = kind === 'gitlab' ? 'failed' : 'failure'
  const unit = { word, name: 'test', said: '1 failed\ncart.test.ts' }
  const build = { word: kind === 'gitlab' ? word : 'error', name: 'ci/build', said: 'no disk' }
  const others = [
    { word: 'success', name: 'lint', said: 'fine' },
    ...(kind === 'gitlab' ? [{ word, name: 'spelling', said: 'script_failure', mayFail: true }] : []),
  ]
  state.checks.set(commit, kind === 'github' ? [...others, unit] : [...others, unit, build])
  if (kind === 'github') state.checks.set(`status ${commit}`, [build])
  if (kind === 'gitlab') state.pipelines.set(number, { sha: commit, status: word, parents: [] })
}

for (const kind of ['github', 'gitea', 'gitlab'] as const)
  test(`S22: ${kind}: what trusted people asked for, and which checks failed, is read of a pull request, and nothing of strangers`, async (t) => {
    const { forge, fixture, clock } = await openForgeStand(t, kind)
    const { id } = await forge.openPull(testDraft, { signal })
    speak(kind, fixture.state)
    runChecks(kind, fixture.state)
    const source = createIssueSource(
      { clock, log: silentLog, openForge: async () => forge },
      { project: testProject, label: 'bzzz-task', trustedAuthors: [] },
    )
    const { remarks, failures } = await source.feedback(id, { signal })
    assert.deepEqual(
      remarks.map(({ author, place, text }) => [author.name, place, text]),
      [
        ['ada', undefined, 'Not yet.'],
        ['bob', 'src/cart.ts:12', 'Use SQLite.'],
        ['ada', undefined, 'And a test.'],
      ],
    )
    assert.deepEqual(failures, [
      { name: 'test', words: '1 failed\ncart.test.ts' },
      { name: 'ci/build', words: 'no disk' },
    ])
  })
