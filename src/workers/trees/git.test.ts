import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGitRunner } from './git.ts'

const signal = AbortSignal.timeout(30_000)
const git = createGitRunner({ environment: { PATH: process.env['PATH'] ?? '' }, maxTextBytes: 1_000_000 })

/** More than a pipe holds, then the rest. */
async function* write(...chunks: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk
    yield Buffer.from(chunk)
  }
}

test('a git that ends well has done what it was asked, also when it did not read all that it was given', async () => {
  const stdin = write(...Array.from({ length: 100 }, () => 'x'.repeat(100_000)))
  assert.match(await git.text('ask for the version', ['version'], { signal, stdin }), /^git version /)
})

test('what breaks while it is read for git is a failure, though git was content with the beginning', async () => {
  const stdin = write('half of it', new Error('the disk is broken'))
  await assert.rejects(git.text('hash', ['hash-object', '--stdin'], { signal, stdin }), { message: 'the disk is broken' })
})
