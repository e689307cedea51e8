import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openChild } from './child.ts'
import { runNode } from './run-command.ts'

const { signal } = new AbortController()

test('a child answers what it is asked, and says what went wrong', async () => {
  await using child = openChild('echo', { signal })
  assert.equal((await child.ask('say', { text: 'ada' })).text('text'), 'ada')
  await assert.rejects(child.ask('say', {}), /echo: Error: bench\.input has undefined as "text"|has undefined as "text"/)
  await assert.rejects(child.ask('sing', {}), /no such question: sing/)
})

test('a question to a child that ends is refused instead of waited for', async () => {
  await using child = openChild('echo', { signal })
  await assert.rejects(child.ask('end'), /echo ended with 3/)
})

test('a child is gone after its disposal', async () => {
  const child = openChild('echo', { signal })
  await child.ask('say', { text: 'ada' })
  await child[Symbol.asyncDispose]()
  assert.throws(() => process.kill(child.pid, 0), { code: 'ESRCH' })
})

test('a command that fails gives what it said instead of a time', async () => {
  await assert.rejects(runNode(['-e', 'console.error("no luck"); process.exit(4)'], { signal }), /exited with 4: no luck/)
  const { stdout, ms } = await runNode(['-p', '"ada"'], { signal })
  assert.equal(stdout, 'ada\n')
  assert.ok(ms > 0)
})
