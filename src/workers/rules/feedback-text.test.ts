import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatFeedback } from './feedback-text.ts'

const remark = (text: string, place?: string) => ({ author: { name: 'ada', isTrusted: true }, place, text, at: 0 })

test('an agent is told which checks failed, and what people said, the newest last', () => {
  const told = formatFeedback({
    remarks: [remark('Not yet.'), remark('Use SQLite.', 'src/cart.ts:12')],
    failures: [
      { name: 'test', words: '1 failed' },
      { name: 'ci/\nbuild', words: '' },
    ],
  })
  assert.equal(
    told,
    'The check test failed:\n1 failed\nThe check ci/ build failed.\nada says:\nNot yet.\nada at src/cart.ts:12 says:\nUse SQLite.',
  )
})

test('where nothing was said nothing is told', () => {
  assert.equal(formatFeedback({ remarks: [], failures: [] }), undefined)
})

test('of too many words the newest are told, and a long remark by its beginning and its end', () => {
  const remarks = Array.from({ length: 20 }, (_, at) => remark(`${at} ${'x'.repeat(3_000)}`))
  const told = formatFeedback({ remarks, failures: [{ name: 'test', words: '1 failed' }] }) ?? ''
  assert.match(told, /^The check test failed:\n1 failed\n\(\d+ more are left out\)\nada says:\n\d+ x/)
  assert.match(told, /ada says:\n19 x+$/)
  assert.ok(told.length < 25_000 && !told.includes('ada says:\n0 '))
  const long = formatFeedback({ remarks: [remark('y'.repeat(50_000))], failures: [] }) ?? ''
  assert.ok(long.length < 4_200 && long.includes('characters left out'))
})
