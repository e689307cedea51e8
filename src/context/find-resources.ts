import type { HiveId } from '../journal/entry.ts'
import type { Reader, SqlValue } from '../store/database.ts'
import type { Address, ComponentName } from '../ucxl/ucxl.ts'
import { componentNames, wildcard } from '../ucxl/ucxl.ts'
import type { Metadata } from './context.ts'
import type { Resource, ResourceRow } from './version-table.ts'
import { resourceColumns, toResource } from './version-table.ts'

/** Which resources are meant; every condition must hold. */
export interface ResourceFilter {
  readonly pattern: Address
  /** Words that all occur in the newest version's content, metadata or path. */
  readonly words?: readonly string[] | undefined
  readonly metadata?: Metadata | undefined
  /** Of the newest version, in milliseconds. */
  readonly since?: number | undefined
  /** Only names behind this one. */
  readonly after: string
  readonly limit: number
}

/** Resources that exist, by name. Whoever goes on behind the last name misses none that was there, and sees none twice. */
export function findResources(reader: Reader, hive: HiveId, filter: ResourceFilter): readonly Resource[] {
  const conditions: string[] = ['r.hive = ?', 'r.resource > ?', 'r.last > 0', 'r.cid is not null']
  const parameters: SqlValue[] = [hive, filter.after]
  const need = (condition: string, ...values: readonly SqlValue[]): void => {
    conditions.push(condition)
    parameters.push(...values)
  }
  for (const name of componentNames) if (filter.pattern[name] !== wildcard) need(`r.${columnOf[name]} = ?`, filter.pattern[name])
  const { path } = filter.pattern
  // `/` is followed by `0`: everything between the two lies below the path
  if (path !== '') need('(r.path = ? or (r.path >= ? and r.path < ?))', path, `${path}/`, `${path}0`)
  if (filter.since !== undefined) need('r.at >= ?', filter.since)
  for (const word of filter.words ?? []) need(wordCondition, word, word)
  for (const [name, value] of Object.entries(filter.metadata ?? {})) need(metadataCondition, `$."${name}"`, value)
  const sql = `select ${resourceColumns} from context_resource r where ${conditions.join(' and ')} order by r.resource limit ?`
  return reader.all<ResourceRow>(sql, ...parameters, filter.limit).map(toResource)
}

/** Words of a text as the search knows them, each as one quoted term. */
export function splitWords(text: string, max: number): readonly string[] {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? []
  return words.slice(0, max).map((word) => `"${word}"`)
}

const columnOf: Readonly<Record<ComponentName, string>> = { agent: 'agent', role: 'role', project: 'project', task: 'task' }

const wordCondition = `(r.id in (select rowid from context_word where context_word match ?)
  or r.cid in (select t.cid from context_text_row t where t.id in (select rowid from context_text where context_text match ?)))`

const metadataCondition = `exists (select 1 from context_version v where v.resource = r.id and v.version = r.last and v.counts = 1
  and json_extract(v.metadata, ?) = ?)`
