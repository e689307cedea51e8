import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { readFields } from './render/read.ts'
import { createTestCli } from './testing/test-cli.ts'

const ended = { state: 'stopped', tasks: [], ended: { inReview: 0, released: 0, needsHuman: 0, lost: 0 } }

/** A worker that asks before it pushes, and a person who answers with a line. */
function openCli(t: TestContext, line: string | undefined) {
  const inputs: unknown[] = []
  const answered = Promise.withResolvers<void>()
  const cli = createTestCli(t, {
    answer: async (input, { report }) => {
      inputs.push(input)
      if (readFields(input).has('question')) {
        answered.resolve()
        return { question: 'q1', status: 'answered' }
      }
      report?.({ stage: 'cart.txt | 1 +', done: 0, unit: 'items', isNotice: true })
      report?.({ stage: 'Push it?', done: 0, unit: 'items', isNotice: true, question: 'q1' })
      if (line !== undefined) await answered.promise
      return ended
    },
    askLine: line === undefined ? undefined : async () => line,
  })
  return { cli, inputs }
}

for (const [line, refuse] of [
  [' yes ', false],
  ['no', true],
  ['', true],
] as const)
  test(`a worker that asks a person at a terminal is told ${refuse ? 'no' : 'yes'} when they write ${JSON.stringify(line)}`, async (t) => {
    const { cli, inputs } = openCli(t, line)
    assert.equal(await cli.run('worker', 'start', '--once', '--approve'), 0)
    assert.match(cli.stderr(), /cart\.txt \| 1 \+\nPush it\?/)
    assert.deepEqual(inputs[1], { question: 'q1', refuse })
  })

test('who is to be asked and sits at no terminal is refused before anything is done, with what to write', async (t) => {
  for (const words of [[], ['--json'], ['--quiet']]) {
    const { cli, inputs } = openCli(t, words.length === 0 ? undefined : 'yes')
    assert.equal(await cli.run('worker', 'start', '--once', '--approve', ...words), 2)
    assert.match(cli.stderr(), /--approve asks a person at a terminal/)
    assert.deepEqual(inputs, [])
  }
  const { cli, inputs } = openCli(t, undefined)
  assert.equal(await cli.run('worker', 'start', '--once'), 0)
  assert.equal(inputs.length, 1)
})
