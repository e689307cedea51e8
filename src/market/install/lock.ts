import { TomlError, parse } from 'smol-toml'
import type { OwnerId } from '../../identity/keys.ts'
import { parseOwnerId } from '../../identity/keys.ts'
import type { Cid } from '../../lib/cid.ts'
import { parseCid } from '../../lib/cid.ts'
import { marketFaults } from '../faults.ts'
import { tableOf } from '../manifest/fields.ts'
import type { PackageKind } from '../manifest/manifest.ts'
import { manifestLimits, packageKinds } from '../manifest/manifest.ts'
import { parseDigest } from '../release.ts'
import { isOwnerSegment, parsePackageName, parseRequest } from '../rules/names.ts'
import type { TrustKind } from '../rules/trust.ts'
import { trustKinds } from '../rules/trust.ts'
import { isVersionRange, parseVersion } from '../rules/versions.ts'
import { readBoundedText, readRows } from '../shape.ts'
import type { Source } from '../trust/sight.ts'

/** One installed package, pinned: who made it, which bytes, from where, and why it is there. */
export interface LockedPackage {
  /** `@owner/name`; also its path under the folder of packages. */
  readonly package: string
  readonly owner: OwnerId
  readonly version: string
  /** `sha256:…` of the archive. */
  readonly digest: string
  readonly cid: Cid
  /** Whose index it came from. */
  readonly source: Source
  /** Undefined where an althing before 0.2 wrote the lock. */
  readonly kind: PackageKind | undefined
  /** The range or tag that a person asked for, `*` for the newest; undefined for what only others need. */
  readonly requested: string | undefined
  /** Whether it was installed without what it needs. */
  readonly isIsolated: boolean
  readonly dependencies: readonly LockedDependency[]
  /** What was accepted of this version, and why. */
  readonly overrides: readonly LockedOverride[]
}

/** What a package needs, as it was understood when it was installed. */
export interface LockedDependency {
  /** `@owner/name` of a package in the same lock. */
  readonly package: string
  readonly range: string
}

/** Something said against a version that a person accepted. */
export interface LockedOverride {
  readonly kind: TrustKind
  readonly version: string
  readonly reason: string
  /** Whose node it was accepted on; undefined for one without an owner. */
  readonly by: OwnerId | undefined
  /** Wall time, ISO 8601. */
  readonly at: string
}

/** What a lock says, by package. */
export type Lock = ReadonlyMap<string, LockedPackage>

/** Packages of a lock that need another, by name. */
export function findDependants(lock: Lock, { package: name }: Pick<LockedPackage, 'package'>): string[] {
  const dependants = [...lock.values()].filter(({ dependencies }) => dependencies.some((need) => need.package === name))
  return dependants.map((entry) => entry.package).toSorted()
}

/** The format that is written; 1, which had no more than owner, version, bytes and hive, is read. */
const lockVersion = 2
/** Most packages that a lock may need of one package. */
const maxDependencies = manifestLimits.dependencies
/** Most overrides of one package. */
const maxOverrides = 32
/** Characters of a reason. */
export const maxReason = 1_024

/** A lock as text: one block per package, sorted, so that branches that change different packages merge, and the same lock is the same bytes. */
export function formatLock(lock: Lock): string {
  const blocks = [...lock.values()].toSorted((a, b) => (a.package < b.package ? -1 : 1)).map(formatBlock)
  return ['# Written by althing. Commit it: it pins owners and bytes.', `version = ${lockVersion}`, '', ...blocks].join('\n')
}

function formatBlock(entry: LockedPackage): string {
  const { dependencies, overrides } = entry
  const needs = dependencies.map(({ package: name, range }) => `${name} ${range}`).toSorted()
  return [
    '[[installed]]',
    ...formatFields({
      package: entry.package,
      owner: entry.owner,
      version: entry.version,
      digest: entry.digest,
      cid: entry.cid,
      source: entry.source,
      kind: entry.kind,
      requested: entry.requested,
    }),
    ...(entry.isIsolated ? ['without-dependencies = true'] : []),
    ...(needs.length === 0 ? [] : ['dependencies = [', ...needs.map((need) => `  ${JSON.stringify(need)},`), ']']),
    ...overrides.flatMap(({ kind, version, reason, by, at }) => [
      '',
      '[[installed.override]]',
      ...formatFields({ kind, version, reason, by, at }),
    ]),
    '',
  ].join('\n')
}

/** What JSON makes of plain text without control characters is a basic string of TOML, too. */
function formatFields(fields: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${JSON.stringify(value)}`]))
}

/** Reads a lock's text. @throws Fault LOCK_INVALID with the line */
export function parseLock(text: string, file: string): Lock {
  const root = parseToml(text, file)
  const version = root.get('version')
  if (version !== 1 && version !== lockVersion) {
    throw refuseLock(file, 1, `it says no "version = 1" or "version = ${lockVersion}"; a newer althing may have written it`)
  }
  const rows = root.get('installed') ?? []
  if (!Array.isArray(rows)) throw refuseLock(file, 1, '"installed" is no list of tables')
  const lock = new Map<string, LockedPackage>()
  const keys = new Set<string>()
  for (const [index, row] of rows.entries()) {
    const entry = parseEntry(tableOf(row), version)
    if (entry === undefined)
      throw refuseLock(file, lineOfBlock(text, index), 'this block names no package, owner, version, digest, cid and source')
    const key = `${entry.owner}/${entry.package.split('/')[1] ?? ''}`
    if (lock.has(entry.package) || keys.has(key)) throw refuseLock(file, lineOfBlock(text, index), `${entry.package} is there twice`)
    lock.set(entry.package, entry)
    keys.add(key)
  }
  return lock
}

function parseToml(text: string, file: string): ReadonlyMap<string, unknown> {
  const mark = text.split('\n').findIndex((line) => /^(?:<{7}|={7}|>{7})(?: |\r?$)/.test(line))
  if (mark >= 0) throw conflictMarks(file, mark + 1)
  try {
    return tableOf(parse(text))
  } catch (error) {
    throw refuseLock(file, error instanceof TomlError ? error.line : 1, 'it is no valid TOML', error)
  }
}

type Table = ReadonlyMap<string, unknown>

function parseEntry(table: Table, format: 1 | 2): LockedPackage | undefined {
  const text = (key: string): string => textOf(table, key)
  const [owner, version, cid] = [parseOwnerId(text('owner')), parseVersion(text('version')), parseCid(text('cid'))]
  const name = parseLockedName(text('package'))
  const source = format === 1 ? parseSource(`hive:${text('hive')}`) : parseSource(text('source'))
  if (name === undefined || owner === undefined || version === undefined || cid === undefined || source === undefined) return undefined
  const pinned = { package: name, owner, version, digest: text('digest'), cid, source }
  if (parseDigest(pinned.digest) === undefined) return undefined
  if (format === 1) return { ...pinned, kind: undefined, requested: '*', isIsolated: true, dependencies: [], overrides: [] }
  const kind = packageKinds.find((known) => known === table.get('kind'))
  const requested = table.get('requested') === undefined ? undefined : parseRequested(text('requested'))
  const isIsolated = table.get('without-dependencies') ?? false
  const dependencies = readRows(table.get('dependencies') ?? [], maxDependencies, parseDependency)
  const overrides = readRows(table.get('override') ?? [], maxOverrides, parseOverride)
  if ((table.has('kind') && kind === undefined) || (table.has('requested') && requested === undefined)) return undefined
  if (typeof isIsolated !== 'boolean' || dependencies === undefined || overrides === undefined) return undefined
  return { ...pinned, kind, requested, isIsolated, dependencies, overrides }
}

function textOf(table: Table, key: string): string {
  const value = table.get(key)
  return typeof value === 'string' ? value : ''
}

/** `@owner/name`, fit to be a path: a lock comes with a project and may have been written by anybody. */
export function parseLockedName(text: string): string | undefined {
  const [owner, name, ...rest] = text.split('/')
  const isWhole = owner?.startsWith('@') === true && isOwnerSegment(owner.slice(1)) && name !== undefined && rest.length === 0
  return isWhole && parsePackageName(name) !== undefined ? text : undefined
}

function parseSource(text: string): Source | undefined {
  if (text.startsWith('hive:')) {
    const hive = parseCid(text.slice('hive:'.length))
    return hive === undefined ? undefined : `hive:${hive}`
  }
  const url = text.startsWith('registry:') ? text.slice('registry:'.length) : ''
  if (/^import:[a-z0-9-]{1,32}$/.test(url)) return `registry:${url}`
  return /^https?:\/\//.test(url) && readBoundedText(url, manifestLimits.line) !== undefined && URL.canParse(url)
    ? `registry:${url}`
    : undefined
}

function parseRequested(text: string): string | undefined {
  return text === '*' ? text : parseRequest(text)
}

function parseDependency(value: unknown): LockedDependency | undefined {
  const text = readBoundedText(value, manifestLimits.line)
  const space = text?.indexOf(' ') ?? -1
  const name = parseLockedName(text?.slice(0, space) ?? '')
  const range = text?.slice(space + 1) ?? ''
  return space > 0 && name !== undefined && isVersionRange(range) ? { package: name, range } : undefined
}

function parseOverride(value: unknown): LockedOverride | undefined {
  const table = tableOf(value)
  const kind = trustKinds.find((known) => known === table.get('kind'))
  const version = parseVersion(textOf(table, 'version'))
  const reason = readBoundedText(table.get('reason'), maxReason)
  const by = table.has('by') ? parseOwnerId(textOf(table, 'by')) : undefined
  const at = readBoundedText(table.get('at'), 32)
  if (kind === undefined || version === undefined || reason === undefined || at === undefined) return undefined
  if ((table.has('by') && by === undefined) || Number.isNaN(Date.parse(at))) return undefined
  return { kind, version, reason, by, at }
}

function lineOfBlock(text: string, index: number): number {
  let seen = -1
  const line = text.split('\n').findIndex((candidate) => candidate.trim() === '[[installed]]' && ++seen === index)
  return 1 + Math.max(0, line)
}

/** The fault for a lock that cannot be read. */
export function refuseLock(file: string, line: number, problem: string, cause?: unknown): Error {
  return marketFaults.create('LOCK_INVALID', {
    message: `${file}:${line}: ${problem}. Take it from version control again, or remove it and install anew.`,
    data: { file, line },
    cause,
  })
}

function conflictMarks(file: string, line: number): Error {
  return marketFaults.create('LOCK_INVALID', {
    message: `${file}:${line}: it holds the marks of a merge conflict. Keep the blocks of both sides, and of a package that both changed one; then run \`althing install\`.`,
    data: { file, line },
  })
}
