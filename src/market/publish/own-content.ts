import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Database } from '../../store/database.ts'

/** Archives and lists of files that this node published in a hive, newest first. */
export function listOwnContent(
  database: Database,
  { hive, node }: { readonly hive: HiveId; readonly node: PeerId },
  limit: number,
): readonly Cid[] {
  const sql = 'select archive, files from release where hive = ? and node = ? order by at desc, entry limit ?'
  const rows = database.all<{ archive: Cid; files: Cid }>(sql, hive, node, Math.ceil(limit / 2))
  return [...new Set(rows.flatMap(({ archive, files }) => [archive, files]))]
}
