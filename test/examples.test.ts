import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { launcher, root, startProgram } from './e2e/command.ts'

/** A folder for temporary files of a program, looked at afterwards. */
function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'althing-examples-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('examples/two-nodes.ts: bob joins, finds and installs what ada published, and nothing stays behind', async (t) => {
  const folder = temporaryFolder(t)
  const { code, stdout, stderr } = await startProgram([process.execPath, join(root, 'examples/two-nodes.ts')], {
    home: folder,
    env: { TMPDIR: folder },
  }).ended
  assert.equal(code, 0, stderr)
  const lines = stdout.trim().split('\n')
  assert.match(lines[0] ?? '', /^bob joined [a-z0-9-]+$/)
  assert.deepEqual(lines.slice(1, 3), ['ada published code-review@1.0.0', 'bob found code-review'])
  assert.match(lines[3] ?? '', /^bob installed @[a-z0-9-]+\/code-review@1\.0\.0: 3 files$/)
  assert.equal(lines.length, 4)
  assert.deepEqual(readdirSync(folder), [])
})

test('the demo plays all its scenes, and leaves nothing running and nothing lying about', async (t) => {
  const folder = temporaryFolder(t)
  const { code, stdout, stderr } = await startProgram([process.execPath, join(dirname(dirname(launcher)), 'examples/demo/main.ts')], {
    home: folder,
    env: { TMPDIR: folder },
  }).ended
  assert.equal(code, 0, `${stdout}${stderr}`)
  assert.deepEqual(
    [...stdout.matchAll(/^(\d)\. /gm)].map(([, number]) => number),
    ['1', '2', '3', '4', '5', '6', '7', '8'],
  )
  assert.match(stdout, /1 bad block of \d+, 1 package mended/)
  assert.match(stdout, /Installed whole from [23] machines/)
  assert.deepEqual(readdirSync(folder), [])
})
