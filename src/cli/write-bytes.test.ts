import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { writeBytes } from './write-bytes.ts'

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield Buffer.from([index])
}

test('all bytes are written, each once it was taken, and no listener is left behind', async () => {
  const taken: number[] = []
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk: Uint8Array, _encoding, done) => {
      taken.push(chunk[0] ?? -1)
      setImmediate(done)
    },
  })
  const before = stream.eventNames().map((name) => stream.listenerCount(name))
  await writeBytes(stream, chunks(40))
  assert.deepEqual([taken.length, taken[39]], [40, 39])
  assert.deepEqual(
    stream.eventNames().map((name) => stream.listenerCount(name)),
    before,
  )
})

test('a reader that goes away ends the writing quietly; another error is thrown', async () => {
  for (const [code, ends] of [
    ['EPIPE', true],
    ['ENOSPC', false],
  ] as const) {
    let writes = 0
    const stream = new Writable({
      write: (_chunk, _encoding, done) => {
        writes += 1
        done(writes === 2 ? Object.assign(new Error(`write ${code}`), { code }) : null)
      },
    })
    stream.on('error', () => {})
    const written = writeBytes(stream, chunks(5))
    if (ends) await written
    else await assert.rejects(written, { code })
    assert.equal(writes, 2)
  }
})
