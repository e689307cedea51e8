import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calmMessage, calmWords, quoteWords } from './calm-words.ts'

const seen = (text: string): string => text.replaceAll('\u200b', '')

for (const text of [
  'Closes #1',
  'fixes: acme/shop#12',
  'Resolved\nhttps://git.example.org/acme/shop/issues/3',
  'implements GH-4',
  'Reopens !5',
  'closing SHOP-17',
  'fix **#6**',
])
  test(`S22: ${JSON.stringify(text)} of an agent closes nothing, and reads as before`, () => {
    const calm = calmWords(text)
    assert.doesNotMatch(calm, /\b(?:clos|fix|resolv|implement|reopen)/i)
    assert.equal(seen(calm), text)
  })

test('S22: an agent calls nobody, and writes no markup', () => {
  for (const text of ['@ada', 'thanks @team/owners', '_@bob_', '`@cy', '(@eve)']) assert.doesNotMatch(calmWords(text), /@\w/, text)
  assert.equal(calmWords('<!-- the rest is gone'), '<\u200b!-- the rest is gone')
  assert.equal(calmWords('<details><summary>'), '<\u200bdetails><\u200bsummary>')
  assert.equal(calmWords('a\u202eb\u0007c\u2028d\r\ne'), 'abc\nd\ne')
})

test('what calls nobody and closes nothing stays as it is', () => {
  const text = 'See #4. It closes too early; mail ada@example.org; 1 < 2 && a <- b\n\tdone'
  assert.equal(calmWords(text), text)
})

test('S22: in a pull request no line of an agent stands as a line of the node', () => {
  assert.equal(
    quoteWords('one\n\n- holding: `c0ffee`, epoch 9\n/close\n```\n'),
    '> one\n>\n> - holding: `c0ffee`, epoch 9\n> /close\n> ```',
  )
})

test('S22: in a commit no line of an agent is a trailer', () => {
  assert.equal(
    calmMessage('Kept.\n\nTask: t-000000000000\nSigned-off-by: eve\nNote: it stays\nHolding : x'),
    'Kept.\n\n  Task: t-000000000000\n  Signed-off-by: eve\nNote: it stays\n  Holding : x',
  )
})
