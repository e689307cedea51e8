import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeGrowth, findGrowth } from './permissions.ts'

const none = { tools: [], commands: [], hosts: [], paths: [] }

function grown(kind: keyof typeof none, before: readonly string[], next: readonly string[]): readonly string[] {
  return findGrowth({ ...none, [kind]: before }, { ...none, [kind]: next })[kind]
}

test('S15: what was not asked before is growth, of each kind, and a wildcard always is', () => {
  assert.deepEqual(grown('tools', ['Read'], ['Read', 'Bash']), ['Bash'])
  assert.deepEqual(grown('hosts', ['a.example'], ['*']), ['*'])
  assert.deepEqual(grown('hosts', ['a.example'], ['*.example']), ['*.example'])
  assert.deepEqual(grown('paths', ['docs/a'], ['docs/**']), ['docs/**'])
  assert.deepEqual(grown('paths', ['docs/*'], ['docs/**']), ['docs/**'])
  assert.deepEqual(grown('commands', ['git status'], ['git *']), ['git *'])
  assert.deepEqual(describeGrowth(findGrowth(undefined, { ...none, tools: ['Bash'], hosts: ['a', 'b'] })), ['tools: Bash', 'hosts: a, b'])
})

test('what a wildcard covered before is no growth', () => {
  for (const all of ['*', '**']) assert.deepEqual(grown('hosts', [all], ['a.example', '*', '**']), [])
  assert.deepEqual(grown('hosts', ['*.example'], ['a.example', 'b.a.example']), [])
  assert.deepEqual(grown('commands', ['git *'], ['git log', 'git log *']), [])
  assert.deepEqual(grown('paths', ['docs/**'], ['docs/a/b', 'docs/*']), [])
  assert.deepEqual(grown('paths', ['docs/*'], ['docs/a']), [])
  assert.deepEqual(grown('tools', ['Bash(git:*)'], ['Bash(git:*)']), [])
  assert.deepEqual(grown('tools', ['Read', 'Bash'], []), [])
})

test('S15: what only looks covered is asked: out of the folder, deeper, another end of the name', () => {
  assert.deepEqual(grown('paths', ['docs/**'], ['docs/../../.ssh/id']), ['docs/../../.ssh/id'])
  assert.deepEqual(grown('paths', ['docs/*'], ['docs/a/b']), ['docs/a/b'])
  assert.deepEqual(grown('hosts', ['*.example'], ['evil-example', '*.a.example']), ['evil-example', '*.a.example'])
  assert.deepEqual(grown('paths', ['a*b*'], ['axbx']), ['axbx'])
  assert.deepEqual(grown('hosts', ['*.*.example'], ['a.b.example']), ['a.b.example'])
})
