import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { SealKeys } from './seal-keys.ts'
import { openMemorySealKeys, openSealKeys } from './seal-keys.ts'
import { isSealable, maxSealHeaderBytes, sealBeginningBytes, sealTo } from './sealing.ts'

const clock = createVirtualClock({ startsAt: 1_767_225_600_000 })

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'althing-seal-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const open = (folder: string): Promise<SealKeys> => openSealKeys({ clock }, { directory: join(folder, 'keys') })

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(bytes))
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.catch((error: unknown) => error)
  assert.ok(outcome instanceof Fault, String(outcome))
  return outcome.code
}

test('a seal key is made when one is needed, lies beside the node key for its user alone, and is found again', async (t) => {
  const folder = await makeFolder(t)
  const keys = await open(folder)
  assert.deepEqual(await keys.list(), [])
  const made = await keys.ensure({ above: 0 })
  assert.deepEqual([made.epoch, made.at, made.recipient.length], [1, 1_767_225_600_000, 62])
  assert.equal((await stat(join(folder, 'keys', 'seal.key'))).mode & 0o777, 0o600)
  const again = await open(folder)
  assert.deepEqual(await again.ensure({ above: 0 }), made)
  const second = await again.rotate()
  assert.equal(second.epoch, 2)
  assert.deepEqual(await (await open(folder)).list(), [made, second])
  // said by a journal of a key that was lost: the next one counts behind it
  assert.equal((await again.ensure({ above: 7 })).epoch, 8)
})

test('keys made at once are made one after the other', async () => {
  const keys = openMemorySealKeys({ clock })
  const made = await Promise.all([keys.ensure({ above: 0 }), keys.ensure({ above: 0 }), keys.rotate(), keys.ensure({ above: 0 })])
  assert.deepEqual(
    made.map(({ epoch }) => epoch),
    [1, 1, 2, 2],
  )
})

test('a key file that was damaged is said to be so, whatever was done to it, and is never written over', async (t) => {
  const folder = await makeFolder(t)
  await (await open(folder)).ensure({ above: 0 })
  await (await open(folder)).rotate()
  const path = join(folder, 'keys', 'seal.key')
  const good = await readFile(path, 'utf8')
  const lines = good.split('\n')
  const swapped = [...lines.slice(0, 3), lines[7], ...lines.slice(4)].join('\n')
  const backwards = [...lines.slice(4, 8), ...lines.slice(0, 4), ''].join('\n')
  for (const bad of [
    good.slice(0, -9),
    `${good}x`,
    good.replace('epoch 1', 'epoch 0'),
    swapped,
    backwards,
    '\u0000',
    good.replace('created: 2', 'created: x'),
  ]) {
    await writeFile(path, bad)
    assert.equal(await codeOf((await open(folder)).ensure({ above: 0 })), 'KEY_CORRUPT', bad.slice(0, 40))
    assert.equal(await readFile(path, 'utf8'), bad)
  }
})

test('no more keys are kept than a key file takes', async (t) => {
  const folder = await makeFolder(t)
  const keys = await open(folder)
  for (let count = 0; count < 64; count += 1) await keys.rotate()
  assert.equal(await codeOf(keys.rotate()), 'SEAL_KEYS_FULL')
  assert.equal((await (await open(folder)).list()).length, 64)
  assert.equal(await codeOf(openMemorySealKeys({ clock }).ensure({ above: 9_999 })), 'SEAL_KEYS_FULL')
})

test('a recipient is good when its checksum holds and a secret can be agreed with its key', async () => {
  const { recipient } = await openMemorySealKeys({ clock }).ensure({ above: 0 })
  assert.equal(await isSealable(recipient), true)
  const last = recipient.at(-1) === 'q' ? 'p' : 'q'
  const low = 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z'
  for (const bad of ['', 'age1', recipient.toUpperCase(), `${recipient.slice(0, -1)}${last}`, `age1${'q'.repeat(58)}`, low, 'age1pq1x'])
    assert.equal(await isSealable(bad), false, bad)
})

test('S29, S30: a header without an end is refused before it is collected', async () => {
  const keys = openMemorySealKeys({ clock })
  await keys.ensure({ above: 0 })
  const opener = await keys.find(1)
  assert.ok(opener !== undefined)
  let given = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('age-encryption.org/v1\n')
    for (;;) {
      given += 4_096
      yield Buffer.alloc(4_096, 'a')
    }
  }
  assert.equal(await codeOf(collect(opener.open(endless()))), 'SEAL_DAMAGED')
  assert.ok(given <= maxSealHeaderBytes + 16_384, `${given} bytes were read`)
  assert.equal(await keys.find(2), undefined)
})

test('a fault of the bytes themselves is told as it is', async () => {
  const keys = openMemorySealKeys({ clock })
  const { recipient } = await keys.ensure({ above: 0 })
  const sealed = await collect(sealTo([recipient], [Buffer.alloc(200_000)]))
  const opener = await keys.find(1)
  assert.ok(opener !== undefined)
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield sealed.subarray(0, 100_000)
    throw new RangeError('the disk is gone')
  }
  await assert.rejects(collect(opener.open(broken())), RangeError)
})

test('long content is sealed and opened as it is taken, a few chunks at a time', async () => {
  const keys = openMemorySealKeys({ clock })
  const { recipient } = await keys.ensure({ above: 0 })
  const opener = await keys.find(1)
  assert.ok(opener !== undefined)
  const [chunk, total] = [262_144, 64]
  let given = 0
  async function* source(): AsyncGenerator<Uint8Array> {
    for (; given < total; given += 1) yield Buffer.alloc(chunk, given)
  }
  let taken = 0
  let ahead = 0
  for await (const part of opener.open(sealTo([recipient], source()))) {
    taken += part.byteLength
    ahead = Math.max(ahead, given * chunk - taken)
  }
  assert.equal(taken, chunk * total)
  assert.ok(ahead <= 8 * chunk, `${ahead} bytes were held`)
})

test('what is sealed here is opened by age, and the other way round', async (t) => {
  if (spawnSync('age', ['--version']).error !== undefined) return t.skip('age is not installed')
  const folder = await makeFolder(t)
  const keys = await open(folder)
  const { recipient } = await keys.ensure({ above: 0 })
  const other = await openMemorySealKeys({ clock }).ensure({ above: 0 })
  const plain = Buffer.alloc(150_000, 'across ')
  const sealed = await collect(sealTo([other.recipient, recipient], [plain]))
  const opened = spawnSync('age', ['-d', '-i', join(folder, 'keys', 'seal.key')], { input: sealed, maxBuffer: 1_000_000 })
  assert.equal(opened.status, 0, opened.stderr.toString())
  assert.deepEqual(opened.stdout, plain)
  const theirs = spawnSync('age', ['-r', recipient], { input: plain, maxBuffer: 1_000_000 })
  const opener = await keys.find(1)
  assert.ok(opener !== undefined)
  async function* parts(): AsyncGenerator<Uint8Array> {
    yield theirs.stdout
  }
  assert.deepEqual(await collect(opener.open(parts())), plain)
  assert.equal(await opener.size(theirs.stdout.subarray(0, sealBeginningBytes), theirs.stdout.byteLength), plain.byteLength)
})
