import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { readFields } from './render/read.ts'
import { createTestCli } from './testing/test-cli.ts'

const issue = { package: '@ada/axum', version: '1.1.0', kind: 'cool-down', message: 'first seen \u001b[2J 10 min ago' }

/** A node that wants a cool-down accepted, and a person who answers with a line. */
function openCli(t: TestContext, line: string | undefined) {
  const asked: string[] = []
  const inputs: unknown[] = []
  const cli = createTestCli(t, {
    answer: async (input) => {
      inputs.push(input)
      if (readFields(input).texts('accept').includes('cool-down')) return { done: true }
      throw new Fault('CONFIRMATION_NEEDED', 'denied', { message: 'nothing was installed', data: { issues: [issue, issue] } })
    },
    askLine:
      line === undefined
        ? undefined
        : async (question) => {
            asked.push(question)
            return line
          },
  })
  return { cli, asked, inputs }
}

test('what a person must accept is asked for on a terminal, and called again with the reason', async (t) => {
  const { cli, asked, inputs } = openCli(t, '  we wrote it  ')
  assert.equal(await cli.run('install', 'axum'), 0)
  assert.deepEqual([asked.length, inputs.length], [1, 2])
  const last = readFields(inputs[1])
  assert.deepEqual([last.texts('accept'), last.text('reason'), last.texts('packages')], [['cool-down'], 'we wrote it', ['axum']])
  assert.match(cli.stderr(), /cool-down {2}first seen \uFFFD\[2J 10 min ago/)
})

test('who gives no reason stops, and the fault stands', async (t) => {
  const { cli, inputs } = openCli(t, ' ')
  assert.equal(await cli.run('install', 'axum'), 1)
  assert.equal(inputs.length, 1)
  assert.match(cli.stderr(), /CONFIRMATION_NEEDED/)
})

test('nobody is asked without a terminal, nor where a script reads, nor who accepted something else on the line', async (t) => {
  const silent = openCli(t, undefined)
  assert.equal(await silent.cli.run('install', 'axum'), 1)
  const { cli, asked } = openCli(t, 'yes')
  assert.equal(await cli.run('install', 'axum', '--json'), 1)
  assert.equal(await cli.run('install', 'axum', '--quiet'), 1)
  assert.equal(await cli.run('info', 'axum'), 1)
  assert.equal(await cli.run('install', 'axum', '--accept', 'yanked', '--reason', 'known'), 1)
  assert.deepEqual(asked, [])
})
