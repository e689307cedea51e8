import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ForgeKind, Project } from '../task.ts'
import { parseProjectId } from '../task.ts'
import { createHookHandler } from './hook-handlers.ts'

const id = parseProjectId('git.example.org:3000/team/shop') ?? assert.fail()
const context = { signal: new AbortController().signal, hive: undefined, report: () => {} }

function openHandler(forge: ForgeKind, http: { readonly url: string | undefined } = { url: 'http://127.0.0.1:4801' }) {
  const project: Project = { id, url: 'http://git.example.org:3000/team/shop', forge, base: 'main' }
  const kept = new Map<string, string>()
  const handler = createHookHandler({
    findDesks: () => ({ projects: { find: () => project } }),
    hookSecrets: {
      keep: async (name, file) => {
        const isNew = file === undefined && !kept.has(name)
        kept.set(name, file ?? kept.get(name) ?? 'made')
        return { path: `/home/ada/.althing/secrets/${name}`, isNew }
      },
      remove: async (name) => kept.delete(name),
    },
    findHttpUrl: () => http.url,
  })
  const ask = (given: { readonly 'secret-file'?: string; readonly remove?: boolean } = {}) =>
    handler({ project: 'shop', remove: false, ...given }, context)
  return { ask, kept }
}

test('a secret is made once, replaced by one that is handed in, and forgotten; its name says nothing of the project', async () => {
  const { ask, kept } = openHandler('gitea')
  const first = await ask()
  assert.deepEqual([first.status, first.url], ['made', 'http://127.0.0.1:4801/hooks/git.example.org:3000/team/shop'])
  assert.match(first.secretFile ?? '', /\/secrets\/hook-[0-9a-f]{16}$/)
  assert.deepEqual(first.events, ['issues', 'issue_label', 'issue_comment', 'pull_request', 'pull_request_review', 'status'])
  assert.equal((await ask()).status, 'kept')
  assert.deepEqual([...kept.values()], ['made'])
  assert.equal((await ask({ 'secret-file': '/tmp/mine' })).status, 'kept')
  assert.deepEqual([...kept.values()], ['/tmp/mine'])
  assert.deepEqual(
    [await ask({ remove: true }), await ask({ remove: true })].map(({ status, secretFile }) => [status, secretFile]),
    [
      ['removed', null],
      ['missing', null],
    ],
  )
})

test('a node that answers no HTTP says the path alone, and a repository and nothing more has no webhook', async () => {
  const quiet = await openHandler('github', { url: undefined }).ask()
  assert.deepEqual([quiet.url, quiet.path], [null, '/hooks/git.example.org:3000/team/shop'])
  await assert.rejects(openHandler('git').ask(), { code: 'PROJECT_INVALID' })
})
