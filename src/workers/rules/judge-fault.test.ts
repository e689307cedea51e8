import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configFaults } from '../../config/faults.ts'
import { storeFaults } from '../../store/faults.ts'
import { tasksFaults } from '../../tasks/faults.ts'
import { workersFaults } from '../faults.ts'
import { judgeFault } from './judge-fault.ts'

const table = { ...tasksFaults.table, ...workersFaults.table, ...storeFaults.table, ...configFaults.table }
const judge = (code: keyof typeof table): string => {
  const { reason, hinders } = judgeFault({ code, kind: table[code].kind })
  return `${reason}, ${hinders ?? 'nothing else'}`
}

const verdicts: readonly (readonly [what: string, code: keyof typeof table, verdict: string])[] = [
  ['work that cannot be pushed is failed work', 'WORK_REFUSED', 'failed, nothing else'],
  ['a pull request that the forge does not take is failed work', 'FORGE_REFUSED', 'failed, nothing else'],
  ['a token without a right is no failure of the work, and the whole project is left alone', 'FORGE_DENIED', 'refused-by-forge, project'],
  ['a forge that shows a token nothing is the same', 'FORGE_MISSING', 'refused-by-forge, project'],
  ['a git server that refuses us is the same', 'REMOTE_DENIED', 'refused-by-forge, project'],
  ['a task with more text than is read is a person’s', 'FORGE_TOO_LONG', 'failed, nothing else'],
  ['a forge that says what nobody understands is as good as down', 'FORGE_INVALID', 'forge-down, project'],
  ['a forge that is down is asked again with the next task', 'FORGE_FAILED', 'forge-down, nothing else'],
  ['a git server that is too slow is down', 'REMOTE_TIMEOUT', 'forge-down, nothing else'],
  ['a git that fails has met a server that is down', 'GIT_FAILED', 'forge-down, nothing else'],
  ['a disk that is full is this node’s, and every task would meet it', 'DISK_FULL', 'node-failed, node'],
  ['a keyring that cannot be asked is this node’s, and every task would meet it', 'SECRET_UNAVAILABLE', 'node-failed, node'],
  ['a fault that nobody foresaw is this node’s, and not the work’s', 'STORE_LOCKED', 'node-failed, node'],
]

test('rule 15: no fault of a forge or a git server keeps a node from the tasks of others', () => {
  const codes = Object.keys(tasksFaults.table).filter((code) => /^(FORGE|REMOTE)_/.test(code)) as (keyof typeof table)[]
  assert.deepEqual(
    codes.filter((code) => judge(code).endsWith(' node')),
    [],
  )
})

for (const [what, code, verdict] of verdicts)
  test(`rule 15: ${what}: ${code}`, () => {
    assert.equal(judge(code), verdict)
  })
