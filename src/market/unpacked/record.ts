import { encodeText } from '../../lib/bytes.ts'
import { hashBytes } from '../../lib/cid.ts'
import type { ArchiveFile } from '../archive/entry.ts'
import { tableOf } from '../manifest/fields.ts'
import { judgePath } from '../rules/paths.ts'
import { readRows, readSafeInteger } from '../shape.ts'

/** One file of an unpacked package, as it was when its bytes were last hashed. */
export interface UnpackedFile extends ArchiveFile {
  /** sha2-256 in hexadecimal. */
  readonly sha256: string
  /** Of the file system, by which another file under the same name is told. */
  readonly inode: number
}

/** Longest record that is read, in bytes: of the most files with the longest paths. */
export const maxRecordBytes = 16_777_216
/** Files that a record may name. */
const maxFiles = 100_000

/** A record as bytes: its own digest in the first line, so that a damaged one is told, and the files of the package. */
export function formatRecord(files: readonly UnpackedFile[]): string {
  const rows = files.map(({ path, size, isExecutable, sha256, inode }) => ({ path, size, isExecutable, sha256, inode }))
  const body = JSON.stringify({ v: 1, files: rows })
  return `${digestOf(body)}\n${body}`
}

/** Reads a record; undefined for anything that was not written so. */
export function parseRecord(text: string): readonly UnpackedFile[] | undefined {
  const end = text.indexOf('\n')
  const body = text.slice(end + 1)
  if (end < 0 || digestOf(body) !== text.slice(0, end)) return undefined
  try {
    const table = tableOf(JSON.parse(body))
    return table.get('v') === 1 ? readRows(table.get('files'), maxFiles, parseFile) : undefined
  } catch {
    return undefined
  }
}

function parseFile(value: unknown): UnpackedFile | undefined {
  const table = tableOf(value)
  const [path, sha256, isExecutable] = [table.get('path'), table.get('sha256'), table.get('isExecutable')]
  const [size, inode] = [readSafeInteger(table.get('size')), table.get('inode')]
  if (typeof path !== 'string' || judgePath(path) !== undefined || typeof isExecutable !== 'boolean') return undefined
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || size === undefined || typeof inode !== 'number') return undefined
  return { path, size, isExecutable, sha256, inode }
}

function digestOf(text: string): string {
  return Buffer.from(hashBytes(encodeText(text))).toString('hex')
}
