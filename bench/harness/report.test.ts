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

test('the page says by what command, when and on what machine it was made', () => {
  const machine = { cores: 2, processor: 'abacus', memoryGiB: 24, system: 'Linux 6.1', node: 'v26.10.0', load: 0.25 }
  const page = formatResults([], { command: 'npm run bench -- hop --write', at: new Date('2026-11-21T10:00:00Z'), machine })
  assert.match(page, /^# Results\n/)
  assert.match(page, /- command: `npm run bench -- hop --write`\n- date: 2026-11-21\n/)
  assert.match(
    page,
    /- machine: 2 cores \(abacus\), 24 GiB of memory, Linux 6\.1\n- node: v26\.10\.0\n- load of the machine before the run: 0\.25\n$/,
  )
})
