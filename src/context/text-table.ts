import type { Cid } from '../lib/cid.ts'
import type { Reader, Transaction } from '../store/database.ts'

/** Makes the text of some content findable; nothing when it is already. */
export function keepText(tx: Transaction, cid: Cid, text: string): void {
  const row = tx.get<{ readonly id: number }>('insert into context_text_row (cid) values (?) on conflict do nothing returning id', cid)
  if (row !== undefined) tx.run('insert into context_text (rowid, text) values (?, ?)', row.id, text)
}

export function hasText(reader: Reader, cid: Cid): boolean {
  return reader.get('select 1 from context_text_row where cid = ?', cid) !== undefined
}

/** Lets the text of content go that is the newest of no resource any more. */
export function forgetText(tx: Transaction, cid: Cid): void {
  if (tx.get('select 1 from context_resource where cid = ? limit 1', cid) !== undefined) return
  const row = tx.get<{ readonly id: number }>('delete from context_text_row where cid = ? returning id', cid)
  if (row !== undefined) tx.run('delete from context_text where rowid = ?', row.id)
}
