import type { OwnerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import { parseCid } from '../lib/cid.ts'
import type { Reader } from '../store/database.ts'
import type { MarketHive } from './market.ts'
import type { IndexedVersion } from './package-index.ts'
import { findVersions } from './package-index.ts'
import type { Source } from './trust/sight.ts'
import { sourceOfHive } from './trust/sight.ts'

/** How locks name a hive, or a registry. */
export function sourceOf(hive: MarketHive): Source {
  return hive.source ?? sourceOfHive(hive.hive)
}

/** A hive with the registries that are asked with it, in the order in which they are believed to know. */
export function askedWith(hive: MarketHive): readonly MarketHive[] {
  return [hive, ...(hive.beside ?? [])]
}

/** The hive whose packages a source has: a registry says what some hive's members signed. */
export function originOf(hive: MarketHive): HiveId {
  return hive.source === undefined ? hive.hive : (hive.genesis?.id ?? hive.hive)
}

/** The source that has an entry; the first one, when none does. */
export function homeOf(hive: MarketHive, entry: Cid): MarketHive {
  // a row of the index that was damaged may name what is no entry
  if (parseCid(entry) === undefined) return hive
  return askedWith(hive).find((each) => each.journal.find(entry) !== undefined) ?? hive
}

/** Every version of a name that any source has, as the first says that has these bytes. */
export function findVersionsIn(reader: Reader, hive: MarketHive, name: string, owner?: OwnerId): readonly IndexedVersion[] {
  const found = new Map<string, IndexedVersion>()
  for (const source of askedWith(hive)) {
    for (const version of findVersions(reader, source.hive, name, owner)) {
      const key = `${version.owner} ${version.version} ${Buffer.from(version.digest).toString('hex')}`
      if (!found.has(key)) found.set(key, version)
    }
  }
  return [...found.values()]
}
