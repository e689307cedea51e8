import semver from 'semver'
import { isReservedSegment } from './paths.ts'
import { parseTag } from './tags.ts'

declare const packageNameBrand: unique symbol

/** The name of a package, without its owner: 1–64 of `[a-z0-9._-]`, beginning with a letter or digit. */
export type PackageName = string & { readonly [packageNameBrand]: true }

/** What a person calls a package: `axum`, `@ada/axum`, `axum@^1.2`. */
export interface PackageReference {
  /** A handle or an owner id, without the `@`. */
  readonly owner: string | undefined
  readonly name: PackageName
  /** A semver range or a tag as written; undefined when none was given. */
  readonly range: string | undefined
}

const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/
/** Handles and owner ids (`z6Mk…`); owner ids have capitals. */
const ownerPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** Longest reference that is looked at: `@`, owner, `/`, name, `@`, range. */
const maxReferenceLength = 256

/** Reads a package name; undefined unless it is one, and can be a folder on every system. */
export function parsePackageName(text: string): PackageName | undefined {
  return namePattern.test(text) && !text.endsWith('.') && !isReservedSegment(text) ? (text as PackageName) : undefined
}

/** The allowed name closest to what was written; undefined when nothing of it can be kept. */
export function suggestPackageName(text: string): PackageName | undefined {
  const plain = text.slice(0, 256).normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  const joined = plain
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64)
  let end = joined.length
  while (end > 0 && '._-'.includes(joined.charAt(end - 1))) end -= 1
  return parsePackageName(joined.slice(0, end))
}

/** Whether a handle or owner id may be part of a path. */
export function isOwnerSegment(text: string): boolean {
  return ownerPattern.test(text) && !text.endsWith('.') && !isReservedSegment(text)
}

/** Reads what may be asked of a package: a semver range as written, or a tag. */
export function parseRequest(text: string): string | undefined {
  if (text.length > maxReferenceLength || text.trim() === '') return undefined
  return semver.validRange(text) === null ? parseTag(text) : text
}

/** Reads `NAME`, `@owner/NAME`, each with `@RANGE`; split at the last `@`. Undefined for anything else, options (`-x`) and paths included. */
export function parsePackageReference(text: string): PackageReference | undefined {
  if (text.length > maxReferenceLength) return undefined
  const at = text.lastIndexOf('@')
  const hasRange = at > 0
  const rest = hasRange ? text.slice(0, at) : text
  const range = hasRange ? text.slice(at + 1).trim() : undefined
  if (range !== undefined && range !== 'latest' && parseRequest(range) === undefined) return undefined
  const slash = rest.indexOf('/')
  if (rest.startsWith('@') !== slash > 0) return undefined
  const owner = slash > 0 ? rest.slice(1, slash) : undefined
  const name = parsePackageName(rest.slice(slash + 1))
  if (name === undefined || (owner !== undefined && !isOwnerSegment(owner))) return undefined
  return { owner, name, range: range === 'latest' ? undefined : range }
}
