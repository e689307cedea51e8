import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAnswer, formatResults } from './report.ts'

const question = { name: 'hop', asks: 'How far?', ask: () => Promise.reject(new Error('is not asked here')) }
const ours = { name: 'ours', value: 1.2345 }
const peer = { name: 'peer 1.0.0', value: 2000 }
const ratio = { median: 0.5, lowest: 0.25, highest: 1 }

test('a row names both sides, the ratio with its spread, and whether the aim was met', () => {
  const figures = [
    { what: 'jump', unit: 'ms', ours, peer, ratio, aim: { atMost: 0.4 } },
    { what: 'rest', unit: 's', ours },
  ]
  assert.equal(
    formatAnswer({ question, answer: { figures, conditions: ['dry ground'] } }),
    [
      '## hop',
      '',
      'How far?',
      '',
      '| what | ours          | against    | figure   | ratio (lowest–highest) | aim          |',
      '| ---- | ------------- | ---------- | -------- | ---------------------- | ------------ |',
      '| jump | ours: 1.23 ms | peer 1.0.0 | 2,000 ms | 0.50 (0.25–1.00)       | ≤ 0.4 missed |',
      '| rest | ours: 1.23 s  | –          | –        | –                      | –            |',
      '',
      '- dry ground',
    ].join('\n'),
  )
})

const machine = { cores: 2, processor: 'abacus', memoryGiB: 24, system: 'Linux 6.1', node: 'v26.10.0', load: 0.25 }
const run = { command: 'npm run bench -- hop --write', at: new Date('2026-11-21T10:00:00Z'), machine }
const answer = { figures: [], conditions: ['dry ground'] }

test('each answer says by what command, when and on what machine it was measured', () => {
  const page = formatResults('', [{ question, answer }], { names: ['hop'], run })
  assert.match(page, /^# Results\n/)
  assert.ok(
    page.endsWith(
      [
        '- dry ground',
        '- measured by `npm run bench -- hop --write` on 2026-11-21',
        '- machine: 2 cores (abacus), 24 GiB of memory, Linux 6.1, node v26.10.0; load before the run 0.25',
        '',
      ].join('\n'),
    ),
  )
})

test('a new answer takes the place of the old one and leaves the others as they are', () => {
  const names = ['hop', 'skip']
  const first = formatResults('', [{ question: { ...question, name: 'skip' }, answer }], { names, run })
  const second = formatResults(first, [{ question, answer }], { names, run })
  assert.deepEqual(second.match(/^## .*$/gm), ['## hop', '## skip'])
  const third = formatResults(second, [{ question, answer: { figures: [], conditions: ['wet ground'] } }], { names, run })
  assert.equal(third, second.replace('dry ground', 'wet ground'))
})

test('an answer to a question that is not asked any more goes', () => {
  const page = formatResults('', [{ question, answer }], { names: ['hop'], run })
  assert.doesNotMatch(formatResults(page, [], { names: ['skip'], run }), /## hop/)
})
