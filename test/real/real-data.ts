import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'

/** Where `REAL_DATA` says that folders of a real marketplace lie; nothing of them is part of the project. */
const root = process.env['REAL_DATA'] ?? ''
const realPackages = join(root, 'ggen-packages')
const realIndexes = join(root, 'ggen-registry')

const isUnnamed = root === '' ? 'REAL_DATA does not name a folder with packages of a real marketplace' : undefined

/** Why tests on them are left out, or false. */
export const isAbsent = isUnnamed ?? (existsSync(realPackages) ? false : `there are no real packages in ${realPackages}`)

/** The same of tests on indexes. */
export const areIndexesAbsent = isUnnamed ?? (existsSync(realIndexes) ? false : `there are no real indexes in ${realIndexes}`)

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
