import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeText } from '../../lib/bytes.ts'
import { hashBytes } from '../../lib/cid.ts'
import { formatRecord, parseRecord } from './record.ts'
import type { UnpackedFile } from './record.ts'

const file: UnpackedFile = { path: 'src/a.ts', size: 3, isExecutable: false, sha256: 'a'.repeat(64), inode: 7 }

/** A record whose digest is right, whatever it says. */
function recordOf(body: unknown): string {
  const text = JSON.stringify(body)
  return `${Buffer.from(hashBytes(encodeText(text))).toString('hex')}\n${text}`
}

test('F8: a record is read as it was written, and not with a character changed or cut off', () => {
  const text = formatRecord([file])
  assert.deepEqual(parseRecord(text), [file])
  assert.equal(text, recordOf({ v: 1, files: [file] }))
  for (const bad of [text.replace('"size":3', '"size":4'), text.slice(0, -1), text.slice(text.indexOf('\n') + 1), '', '\n'])
    assert.equal(parseRecord(bad), undefined, bad)
})

test('S12: a record that names a path out of its package, or what is no file, is none', () => {
  const bad = [
    { path: '../../.ssh/id' },
    { path: '/etc/passwd' },
    { path: 1 },
    { isExecutable: 1 },
    { sha256: 'a'.repeat(63) },
    { sha256: null },
    { size: -1 },
    { inode: '7' },
  ]
  for (const each of bad) assert.equal(parseRecord(recordOf({ v: 1, files: [{ ...file, ...each }] })), undefined, JSON.stringify(each))
  for (const body of [{ v: 2, files: [file] }, { v: 1, files: file }, [], null]) assert.equal(parseRecord(recordOf(body)), undefined)
})
