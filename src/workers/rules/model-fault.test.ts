import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FaultKind } from '../../lib/fault.ts'
import type { JsonObject } from '../../lib/json.ts'
import { judgeModelFault } from './model-fault.ts'

const rows: readonly (readonly [code: string, kind: FaultKind, data: JsonObject, outcome: ReturnType<typeof judgeModelFault>])[] = [
  ['MODEL_UNREACHABLE', 'unavailable', {}, 'hindered'],
  ['MODEL_THROTTLED', 'unavailable', {}, 'hindered'],
  ['MODEL_STALLED', 'timeout', {}, 'hindered'],
  ['MODEL_DENIED', 'denied', {}, 'hindered'],
  ['MODEL_MISSING', 'missing', {}, 'hindered'],
  ['PRICE_UNKNOWN', 'denied', {}, 'hindered'],
  ['BUDGET_SPENT', 'denied', { period: 'day' }, 'hindered'],
  ['BUDGET_SPENT', 'denied', { period: 'month' }, 'hindered'],
  ['BUDGET_SPENT', 'denied', { period: 'task' }, 'needs-human'],
  ['BUDGET_SPENT', 'denied', { period: 'call' }, 'needs-human'],
  ['BUDGET_SPENT', 'denied', { period: 'minute' }, 'needs-human'],
  ['MODEL_REFUSED', 'invalid', {}, 'failed'],
  ['MODEL_ANSWER_INVALID', 'invalid', {}, 'failed'],
]

for (const [code, kind, data, outcome] of rows)
  test(`rule 15: a run whose model ends in ${code} ${JSON.stringify(data)} is ${outcome}`, () => {
    assert.equal(judgeModelFault({ code, kind, data }), outcome)
  })
