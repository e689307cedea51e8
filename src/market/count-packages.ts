import type { ContentStore } from '../content/content.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Reader } from '../store/database.ts'
import { countTexts } from './search/text-index.ts'

export interface PackageCounts {
  /** Packages whose newest archive is whole on this disk. */
  readonly local: number
  /** Packages in the index of the hive. */
  readonly discovered: number
}

/**
 * How many packages a hive has, and how many of them are here.
 *
 * An archive of one block is here when the block is, which the tables of index and blocks say together. One of many chunks is looked at
 * chunk by chunk: of those there are never more than fit on the disk.
 */
export function countPackages(
  deps: { readonly database: Reader; readonly content: Pick<ContentStore, 'stat'> },
  hive: HiveId,
): PackageCounts {
  const { database, content } = deps
  const single = database.get<{ readonly total: number }>(
    `select count(*) as total from package p indexed by package_archive
     where p.hive = ? and exists (select 1 from block where digest = p.archive) and not exists (select 1 from chunk_list where digest = p.archive)`,
    hive,
  )
  const lists = database.all<{ readonly archive: Cid }>(
    'select r.archive from chunk_list c join package p on p.hive = ? and p.archive = c.digest join release r on r.entry = p.newest',
    hive,
  )
  const whole = lists.filter(({ archive }) => content.stat(archive)?.isWhole === true).length
  return { local: (single?.total ?? 0) + whole, discovered: countTexts(database, hive) }
}
