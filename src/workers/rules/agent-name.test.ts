import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isName } from '../../identity/certificate.ts'
import { chooseAgentName } from './agent-name.ts'

const node = '12D3KooWNCdNMm9Z9yN35kTpaJeuRTQT274KnSqYEoaCNRz8SsxL'

test('an agent that nobody named has the handle of its owner and the label of its machine', () => {
  assert.equal(
    chooseAgentName({ handle: 'ada', label: 'laptop', node }, () => false),
    'ada-laptop',
  )
  assert.equal(
    chooseAgentName({ handle: 'ada', label: 'ada', node }, () => false),
    'ada-agent',
  )
})

test('where another machine has that name, the end of the peer id tells them apart', () => {
  assert.equal(
    chooseAgentName({ handle: 'ada', label: 'laptop', node }, (name) => name === 'ada-laptop'),
    'ada-laptop-z8ssxl',
  )
})

test('a name is never longer than a certificate takes', () => {
  const long = chooseAgentName({ handle: 'a'.repeat(32), label: 'b'.repeat(32), node }, () => true)
  assert.ok(isName(long), long)
})
