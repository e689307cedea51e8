import type { PeerId } from '../identity/keys.ts'
import type { Reader } from '../store/database.ts'
import { parseWire } from './codec.ts'
import type { Entry, HiveId, Position } from './entry.ts'

/** An entry by its place on this disk. */
export interface ListedEntry extends Position {
  readonly arrival: number
  readonly node: PeerId
  readonly kind: string
  readonly body: Uint8Array
}

/** Entries of some kinds that a hive's journals have here and whose bodies were not erased, each author's in order. To be walked without an `await`. */
export function listEntries(reader: Reader, hive: HiveId, kinds: readonly string[]): Iterable<ListedEntry> {
  return reader.iterate<ListedEntry>(
    `select e.arrival, c.node, c.incarnation, e.seq, e.kind, e.body from chain c join entry e on e.chain = c.id
     where c.hive = ? and e.kind in (select value from json_each(?)) and e.body is not null order by c.node, c.incarnation, e.seq`,
    hive,
    JSON.stringify(kinds),
  )
}

interface EntryRow {
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly body: Uint8Array | null
}

/** The entry that came at some place; undefined when it went since, or this disk changed it. */
export function readEntry(reader: Reader, arrival: number): Entry | undefined {
  const row = reader.get<EntryRow>('select header, signature, body from entry where arrival = ?', arrival)
  return row && parseWire([plain(row.header), plain(row.signature), row.body && plain(row.body)])
}

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
