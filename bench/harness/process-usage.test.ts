import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { usageOf } from './process-usage.ts'

const skip = existsSync('/proc/self/schedstat') ? false : 'this system has no /proc/self/schedstat'

test('a process that works has used more processor time than before', { skip }, async () => {
  const before = await usageOf(process.pid)
  const end = performance.now() + 50
  while (performance.now() < end);
  const after = await usageOf(process.pid)
  assert.ok(after.cpuSeconds > before.cpuSeconds)
  assert.ok(after.rssMiB > 1)
})

test('a process that is gone has no figure', { skip }, async () => {
  await assert.rejects(usageOf(2 ** 30), { code: 'ENOENT' })
})
