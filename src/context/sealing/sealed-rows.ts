import type { HiveId } from '../../journal/entry.ts'
import type { Reader } from '../../store/database.ts'
import { sealedType } from '../rules/seal-marks.ts'
import type { Resource, ResourceRow } from '../version-table.ts'
import { resourceColumns, toResource } from '../version-table.ts'

/** Resources whose newest version is sealed, behind one of them in the order of their numbers. */
export function findSealed(
  reader: Reader,
  hive: HiveId,
  { after, limit }: { readonly after: number; readonly limit: number },
): readonly Resource[] {
  // the index holds what is sealed and nothing else; SQLite takes it only for the very words it was made with
  const sql = `select distinct ${resourceColumns}
    from context_version v indexed by context_version_sealed cross join context_resource r on r.id = v.resource and r.last = v.version
    where v.media_type = '${sealedType}' and v.counts = 1 and v.resource > ? and r.hive = ? order by v.resource limit ?`
  return reader.all<ResourceRow>(sql, after, hive, limit).map(toResource)
}
