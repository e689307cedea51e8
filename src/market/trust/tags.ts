import type { Reader } from '../../store/database.ts'
import type { PackageKey } from './word-table.ts'
import { readWord, readWords } from './word-table.ts'

/** The version that a tag of a package names now. */
export function findTag(reader: Reader, key: PackageKey, tag: string): string | undefined {
  return readWord(reader, key, { kind: 'tag', subject: tag })?.value ?? undefined
}

/** The tags of a package, each with the version it names now, by name. */
export function listTags(reader: Reader, key: PackageKey): readonly (readonly [tag: string, version: string])[] {
  return [...readWords(reader, key, 'tag')]
    .flatMap(([tag, { value }]) => (value === null ? [] : [[tag, value] as const]))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}
