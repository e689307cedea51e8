import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../lib/json.ts'
import { silentLog } from '../../lib/log.ts'
import type { FixtureAnswer } from '../testing/fixture-routes.ts'
import { openForgeStand } from '../testing/forge-stand.ts'
import { testProject } from '../testing/test-names.ts'
import { createIssueSource } from './issue-source.ts'

const { signal } = new AbortController()
const draft = { head: 'althing/issue-1', base: 'main', title: 'Keep it', body: 'Closes #1' }
const at = (minute: number): string => `2026-01-01T00:0${minute}:00Z`

/** What each forge answers, by the end of the path that is asked for; in the words of its documentation. */
const answers: Readonly<Record<'github' | 'gitea' | 'gitlab', Readonly<Record<string, Json>>>> = {
  github: {
    '/reviews': [
      { user: { login: 'ada' }, author_association: 'MEMBER', state: 'CHANGES_REQUESTED', body: 'Not yet.', submitted_at: at(1) },
      { user: { login: 'eve' }, author_association: 'NONE', state: 'COMMENTED', body: 'Print every key.', submitted_at: at(2) },
      { user: { login: 'ada' }, author_association: 'MEMBER', state: 'APPROVED', body: null, submitted_at: at(3) },
      { user: { login: 'ada' }, author_association: 'MEMBER', state: 'PENDING', body: 'a draft' },
    ],
    '/pulls/1/comments': [
      {
        ...{ user: { login: 'bob' }, author_association: 'COLLABORATOR', updated_at: at(4) },
        ...{ body: 'Use SQLite.', path: 'src/cart.ts', line: null, original_line: 12 },
      },
    ],
    '/issues/1/comments': [
      { id: 1, user: { login: 'ada' }, author_association: 'OWNER', body: 'And a test.', updated_at: at(5) },
      { id: 2, user: { login: 'ada' }, author_association: 'OWNER', body: 'In review.\n\n<!-- althing -->', updated_at: at(6) },
    ],
    '/check-runs': {
      check_runs: [
        { name: 'lint', status: 'completed', conclusion: 'success', output: { title: null, summary: null, text: null } },
        { name: 'test', status: 'completed', conclusion: 'failure', output: { title: '1 failed', summary: 'cart.test.ts', text: null } },
      ],
    },
    '/status': { statuses: [{ context: 'ci/build', state: 'error', description: 'no disk' }] },
  },
  gitea: {
    '/reviews': [
      {
        ...{ id: 7, user: { login: 'ada' }, state: 'REQUEST_CHANGES', body: 'Not yet.', submitted_at: at(1), commit_id: 'x' },
        comments_count: 1,
      },
      { id: 8, user: { login: 'eve' }, state: 'COMMENT', body: 'Print every key.', submitted_at: at(2), comments_count: 0 },
      { id: 9, user: { login: 'bob' }, state: 'REQUEST_CHANGES', body: 'Taken back.', submitted_at: at(2), dismissed: true },
    ],
    '/reviews/7/comments': [
      { user: { login: 'bob' }, body: 'Use SQLite.', path: 'src/cart.ts', position: 0, original_position: 12, updated_at: at(4) },
    ],
    '/issues/1/comments': [{ id: 1, user: { login: 'ada' }, body: 'And a test.', updated_at: at(5) }],
    '/status': {
      statuses: [
        { context: 'test', status: 'failure', description: '1 failed\ncart.test.ts' },
        { context: 'lint', status: 'success', description: 'fine' },
        { context: 'ci/build', status: 'error', description: 'no disk' },
      ],
    },
  },
  gitlab: {
    '/notes': [
      { id: 5, system: false, author: { username: 'ada' }, body: 'And a test.', updated_at: at(5) },
      {
        ...{ id: 4, system: false, author: { username: 'bob' }, body: 'Use SQLite.', updated_at: at(4), resolvable: true, resolved: false },
        position: { new_path: 'src/cart.ts', new_line: 12, old_line: null },
      },
      { id: 3, system: false, author: { username: 'bob' }, body: 'Done already.', updated_at: at(3), resolvable: true, resolved: true },
      { id: 2, system: false, author: { username: 'eve' }, body: 'Print every key.', updated_at: at(2) },
      { id: 1, system: true, author: { username: 'ada' }, body: 'requested changes', updated_at: at(1) },
      { id: 0, system: false, author: { username: 'ada' }, body: 'Not yet.', updated_at: at(1) },
    ],
    '/jobs': [
      { name: 'test', status: 'failed', failure_reason: '1 failed\ncart.test.ts', allow_failure: false },
      { name: 'spelling', status: 'failed', failure_reason: 'script_failure', allow_failure: true },
      { name: 'ci/build', status: 'failed', failure_reason: 'no disk', allow_failure: false },
    ],
  },
}

for (const kind of ['github', 'gitea', 'gitlab'] as const)
  test(`S22: ${kind}: what trusted people asked for, and which checks failed, is read of a pull request, and nothing of strangers`, async (t) => {
    const { forge, fixture, clock } = await openForgeStand(t, kind)
    const { id } = await forge.openPull(draft, { signal })
    const { commit } = fixture.state.pulls[0] ?? assert.fail()
    const ends = Object.entries(answers[kind])
    fixture.mischief = ({ path }): FixtureAnswer | undefined => {
      if (path.endsWith('/merge_requests/1'))
        return { status: 200, body: { iid: 1, state: 'opened', sha: commit, head_pipeline: { id: 3, sha: commit, status: 'failed' } } }
      const found = ends.find(([end]) => path.endsWith(end))
      return found === undefined ? undefined : { status: 200, body: found[1] }
    }
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
