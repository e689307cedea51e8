import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

/** One row: what an entry has to keep, whoever keeps it. */
export interface RawEntry {
  readonly header: Uint8Array
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

/** A plain table in a file, without anything of ours around it. */
export interface RawTable extends Disposable {
  /** Inserts the rows in one transaction, which is on disk when this returns. */
  readonly insert: (entries: readonly RawEntry[]) => void
}

/** Said beside every figure of this table. */
export const rawDurability = `node:sqlite ${process.versions['sqlite']}, WAL, synchronous=FULL`

/** Bytes of a header, about as long as one of ours. */
const headerBytes = 230

/** Opens the table in a new file with the durability of our own database. */
export function openRawTable(path: string): RawTable {
  const database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec(
    'create table entry (seq integer primary key, cid blob not null unique, header blob not null, body blob not null, signature blob not null) strict',
  )
  const statement = database.prepare('insert into entry (cid, header, body, signature) values (?, ?, ?, ?)')
  return {
    insert: (entries) => {
      database.exec('begin immediate')
      for (const { header, body, signature } of entries)
        statement.run(createHash('sha256').update(header).digest(), header, body, signature)
      database.exec('commit')
    },
    [Symbol.dispose]: () => database.close(),
  }
}

/** A key that signs and verifies with node:crypto alone. */
export interface RawKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** A new Ed25519 key. */
export function createRawKey(): RawKey {
  return generateKeyPairSync('ed25519')
}

/** New signed rows whose bodies have so many bytes. */
export function createRawEntries(key: RawKey, count: number, bodyBytes: number): readonly RawEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const header = new Uint8Array(randomBytes(headerBytes))
    return { header, body: new Uint8Array(bodyBytes).fill(index), signature: signRaw(key, header) }
  })
}

/** Ed25519 over the bytes. */
export function signRaw(key: RawKey, bytes: Uint8Array): Uint8Array {
  return sign(null, bytes, key.privateKey)
}

/** @throws Error when the signature of an entry is wrong */
export function verifyRaw(key: RawKey, entry: RawEntry): void {
  if (!verify(null, entry.header, key.publicKey, entry.signature)) throw new Error('a signature made here does not verify')
}
