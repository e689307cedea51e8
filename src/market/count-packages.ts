import type { ContentStore } from '../content/content.ts'
import type { HiveId } from '../journal/entry.ts'
import { parseCid } from '../lib/cid.ts'
import type { Reader } from '../store/database.ts'

export interface PackageCounts {
  /** Packages whose newest archive is whole on this disk. */
  readonly local: number
  /** Packages in the index of the hive. */
  readonly discovered: number
}

/** How many packages a hive has, and how many of them are here. */
export function countPackages(
  deps: { readonly database: Reader; readonly content: Pick<ContentStore, 'stat'> },
  hive: HiveId,
): PackageCounts {
  let local = 0
  let discovered = 0
  const sql = 'select release.archive from package join release on release.entry = package.newest where package.hive = ?'
  for (const { archive } of deps.database.iterate<{ readonly archive: string }>(sql, hive)) {
    const cid = parseCid(archive)
    discovered += 1
    if (cid !== undefined && deps.content.stat(cid)?.isWhole === true) local += 1
  }
  return { local, discovered }
}
