import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { acceptBytes, isBytePipe, offerBytes, sendBytes, takeBytes } from './byte-pipe.ts'

function pathFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'p')
}

async function* of(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(bytes))
}

const long = Buffer.alloc(3_000_000, 'abcdefg')

test('what is offered at a path is taken as it is, once; whoever comes later is told that it was cut', async (t) => {
  const path = pathFor(t)
  assert.equal(await isBytePipe(path), false)
  await using _offer = await offerBytes(path, of(Buffer.from('a'), Buffer.alloc(0), long))
  assert.equal(await isBytePipe(path), true)
  assert.deepEqual(await collect(takeBytes(path)), Buffer.concat([Buffer.from('a'), long]))
  await assert.rejects(collect(takeBytes(path)), /went away|ECONNRESET/)
})

test('what is sent to a path is taken whole before the sender goes on; nothing sent is nothing taken', async (t) => {
  const path = pathFor(t)
  let taken: Buffer = Buffer.alloc(0)
  await using taker = await acceptBytes(path, async (bytes) => {
    taken = await collect(bytes)
  })
  assert.equal(await taker.taken(), false)
  await sendBytes(path, of(long))
  assert.deepEqual(taken, long)
  assert.equal(await taker.taken(), true)
})

test('a side that goes away in the middle is a failure of the other, never an end', async (t) => {
  const path = pathFor(t)
  await using _offer = await offerBytes(
    path,
    (async function* () {
      yield Buffer.from('half')
      throw new Error('the source broke')
    })(),
  )
  await assert.rejects(collect(takeBytes(path)), /went away|ECONNRESET/)
  const other = pathFor(t)
  await using taker = await acceptBytes(other, async (bytes) => void (await collect(bytes)))
  const socket = createConnection(other)
  socket.on('error', () => {})
  socket.end(Buffer.from([0, 0, 0, 9, 1]))
  await new Promise((closed) => socket.once('close', closed))
  await assert.rejects(taker.taken(), /went away/)
})

test('a frame longer than is taken is refused by its head', async (t) => {
  const path = pathFor(t)
  const server = createServer((socket) => void socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]))).listen(path)
  t.after(() => server.close())
  await assert.rejects(collect(takeBytes(path)), /longer than is taken/)
})

test('a file is no pipe', async (t) => {
  const path = pathFor(t)
  writeFileSync(path, 'x')
  assert.equal(await isBytePipe(path), false)
})
