import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitFrontMatter } from './front-matter.ts'

test('front matter says what a task depends on and where it works, and is no part of the text', () => {
  const body = `---
scope: [src/ui, docs/]
dependencies:
  - repository: team/api
    task: 3
    type: api_contract
  - { task: "#12" }
  - { task: t-0123456789ab, type: config }
---
The text.
`
  assert.deepEqual(splitFrontMatter(body), {
    text: 'The text.\n',
    scopes: ['src/ui', 'docs/'],
    dependencies: [
      { repository: 'team/api', task: '3', type: 'api_contract' },
      { repository: undefined, task: '12', type: 'order' },
      { repository: undefined, task: 't-0123456789ab', type: 'config' },
    ],
  })
  assert.deepEqual(splitFrontMatter('---\r\nscope: src/ui\r\n---\r\nText').scopes, ['src/ui'])
})

test('a dependency that is not of its form is none, and the others count', () => {
  const one = (fields: string): number => splitFrontMatter(`---\ndependencies: [{ ${fields} }, { task: 1 }]\n---\n`).dependencies.length
  for (const fields of ['task: 0', 'task: -1', 'task: 1, type: cooking', 'task: 1, repository: "a b"', 'task: [1]', 'repository: x'])
    assert.equal(one(fields), 1, fields)
})

test('S5: what is no YAML, grows by aliases, is nested deep or has keys of prototypes says nothing and harms nothing', () => {
  const bomb = `---\na: &a src/ui\nscope: [*a, *a]\n---\n`
  const deep = `---\nscope: ${'['.repeat(4_000)}\n---\n`
  for (const body of ['---\n: {\n---\ntext', bomb, deep, '---\n- a\n---\n', '--- \ntext', 'no front matter']) {
    const { scopes, dependencies } = splitFrontMatter(body)
    assert.deepEqual([scopes, dependencies], [[], []], body.slice(0, 20))
  }
  const proto = splitFrontMatter('---\n__proto__: { scope: src }\nconstructor: 1\n---\ntext')
  assert.deepEqual(proto, { text: 'text', scopes: [], dependencies: [] })
})
