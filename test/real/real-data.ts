import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'smol-toml'

/** Where folders of a real marketplace lie: beside the project, or where `ALTHING_REAL_DATA` says; nothing of them is part of it. */
const root = process.env['ALTHING_REAL_DATA'] ?? resolve(import.meta.dirname, '../../../shared/data')
const realPackages = join(root, 'ggen-packages')

const realIndexes = join(root, 'ggen-registry')

/** Why tests on them are left out, or false. */
export const isAbsent = existsSync(realPackages) ? false : `there are no real packages in ${realPackages}`

/** The same of tests on indexes. */
export const areIndexesAbsent = existsSync(realIndexes) ? false : `there are no real indexes in ${realIndexes}`

/** The indexes that the marketplace had over the years, oldest first. */
export function listIndexes(): readonly string[] {
  return readdirSync(realIndexes)
    .toSorted()
    .map((name) => join(realIndexes, name))
}

/** The folders, sorted. */
export function listFolders(): readonly string[] {
  return readdirSync(realPackages, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(realPackages, name))
    .toSorted()
}

/** What a package says of itself, read without any code of ours. */
export interface RealManifest {
  readonly category: readonly string[]
  readonly keywords: readonly string[]
  readonly authors: readonly string[]
}

/** Reads the plain places of a `package.toml`; what stands in others is left out. */
export function readRealManifest(folder: string): RealManifest {
  const { package: table } = parse(readFileSync(join(folder, 'package.toml'), 'utf8'))
  const textsOf = (key: string): readonly string[] =>
    [Reflect.get(Object(table), key) as unknown].flat().filter((value): value is string => typeof value === 'string')
  return {
    category: textsOf('category'),
    keywords: [...textsOf('keywords'), ...textsOf('tags')],
    authors: [...textsOf('author'), ...textsOf('authors')],
  }
}
