import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeNeed, formatTaskComment } from './task-comment.ts'

test('the comment of a task says what became of it', () => {
  assert.equal(
    formatTaskComment({ news: 'taken', branch: 'althing/issue-1', epoch: 2 }),
    'A worker took this, epoch 2; its branch is `althing/issue-1`.',
  )
  assert.equal(
    formatTaskComment({ news: 'in-review', url: 'https://git.example.org/team/shop/pulls/7' }),
    'The work is in review: https://git.example.org/team/shop/pulls/7',
  )
  assert.equal(
    formatTaskComment({ news: 'merged', url: 'https://git.example.org/team/shop/pulls/7' }),
    'The work is merged: https://git.example.org/team/shop/pulls/7',
  )
  assert.match(
    formatTaskComment({ news: 'quarantined', failures: 3 }),
    /^This waits for a person: work on it failed 3 times in a row\. `althing task break`/,
  )
})

test('another server is told in words why a task waits for a person', () => {
  assert.equal(describeNeed({ news: 'needs-human', reason: 'May the\n cart `forget`?' }), 'May the cart forget ?')
  assert.equal(describeNeed({ news: 'quarantined', failures: 3 }), 'work on it failed 3 times in a row')
})

test('S23: what an agent said stands in a comment as code, on one line and cut', () => {
  const reason = `\`\n@everyone [click](https://eve.example) ${'a'.repeat(1_000)}`
  for (const news of ['given-back', 'needs-human'] as const) {
    const comment = formatTaskComment({ news, reason })
    assert.match(comment, /: `@everyone \[click\]\(https:\/\/eve\.example\) a{300,}`\. /)
    assert.ok(comment.length < 600)
    assert.ok(!comment.includes('\n'))
  }
})
