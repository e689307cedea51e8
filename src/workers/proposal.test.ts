import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testIssue } from '../tasks/testing/test-names.ts'
import { formatProposal } from './proposal.ts'

const proposal = {
  task: testIssue,
  branch: 'althing/issue-7',
  base: 'main',
  title: 'Keep the cart',
  body: 'It is kept.\n\n---\n',
  change: ' a.txt | 1 +\n 1 file changed',
}

test('a proposal is shown with its branch, title, text and change', () => {
  assert.deepEqual(formatProposal(proposal), [
    'issue-7 would be pushed to althing/issue-7, and a pull request to main opened:',
    '  Keep the cart',
    '',
    '  It is kept.',
    '  ',
    '  ---',
    '',
    ' a.txt | 1 +',
    ' 1 file changed',
  ])
})

test('a long text is cut and says so, and a proposal without a change does too', () => {
  const lines = formatProposal({ ...proposal, body: 'x\n'.repeat(500), change: '' })
  assert.ok(lines.includes('  (300 lines more)'))
  assert.equal(lines.at(-1), 'nothing new would be pushed')
  const long = formatProposal({ ...proposal, change: `${'+y\n'.repeat(3_000)}+${'z'.repeat(2_000)}` })
  assert.equal(long.at(-1), '(1001 lines more)')
  assert.ok(
    formatProposal({ ...proposal, change: 'z'.repeat(2_000) })
      .at(-1)
      ?.endsWith('z (cut)'),
  )
})
