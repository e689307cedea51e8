import type { Reader } from '../store/database.ts'
import type { ContextHive } from './context.ts'
import type { ContextStatus } from './context-status.ts'
import { namesOf } from './name-rows.ts'

interface Counts {
  readonly resources: number
  readonly versions: number
  readonly deleted: number
}

/** What the context of a hive has, and as whom this node may write. */
export function countContext(
  reader: Reader,
  { hive, node, membership }: ContextHive,
): Omit<ContextStatus, 'sessions' | 'seals' | 'copies' | 'announced' | 'resolver'> {
  const counts = reader.get<Counts>(
    `select count(*) as resources, coalesce(sum(last - first + 1), 0) as versions, coalesce(sum(cid is null), 0) as deleted
     from context_resource where hive = ? and last > 0`,
    hive,
  )
  const contested = reader.get<{ readonly total: number }>(
    `select count(*) as total from (select 1 from context_resource r join context_version v on v.resource = r.id
       where r.hive = ? and r.is_unordered = 1 and v.counts = 1 and v.version <= r.last
       group by v.resource, v.version having count(distinct v.media_type || ' ' || v.metadata || ' ' || coalesce(v.cid, '')) > 1)`,
    hive,
  )
  return {
    ...(counts ?? { resources: 0, versions: 0, deleted: 0 }),
    contested: contested?.total ?? 0,
    agents: namesOf(reader, hive, node).filter((agent) => membership.mayWriteAs(node, agent)),
  }
}
