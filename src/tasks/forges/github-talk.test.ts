import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ask } from './github-talk.ts'

const waiting = { signal: new AbortController().signal }
const at = { owner: 'team', repo: 'shop' }

/** What the compiler takes and refuses; nothing runs it. */
export async function askWrongly(ask: Ask): Promise<void> {
  await ask('GET /repos/{owner}/{repo}/issues', { ...at, state: 'open', per_page: 100 }, waiting)
  // @ts-expect-error GitHub publishes no such route
  await ask('GET /repos/{owner}/{repo}/tasks', at, waiting)
  // @ts-expect-error a word that `state` never is
  await ask('GET /repos/{owner}/{repo}/issues', { ...at, state: 'opened' }, waiting)
  // @ts-expect-error a parameter that is left out
  await ask('GET /repos/{owner}/{repo}/issues/{issue_number}', at, waiting)
  const ofAnother = { ...at, issue_number: 1, per_page: 100 }
  // @ts-expect-error a parameter of another route, which would go out as a query
  await ask('GET /repos/{owner}/{repo}/issues/{issue_number}', ofAnother, waiting)
}

test('what GitHub does not publish cannot be asked of it: the compiler refuses routes and parameters', () => {
  assert.equal(typeof askWrongly, 'function')
})
