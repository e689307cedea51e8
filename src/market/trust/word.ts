import type { OwnerId } from '../../identity/keys.ts'
import { parseOwnerId } from '../../identity/keys.ts'
import { maxIncarnation, parseNode } from '../../journal/codec.ts'
import type { ReadonlyMapLike } from '../release.ts'
import type { PackageName } from '../rules/names.ts'
import { parsePackageName } from '../rules/names.ts'
import { parseTag } from '../rules/tags.ts'
import { isVersionRange, parseVersion } from '../rules/versions.ts'
import type { NodeCut, WordKind } from '../rules/words.ts'
import { addedMaintainer } from '../rules/words.ts'
import { readBoundedText, readMap, readRows, readSafeInteger } from '../shape.ts'

/** What an owner, or a maintainer, says of a package beside its releases. */
export interface PackageWord {
  readonly kind: WordKind
  readonly owner: OwnerId
  readonly name: PackageName
  /** Of what: a version, a range (`*` for all), a tag, the id of a maintainer; empty for a transfer. */
  readonly subject: string
  /** The reason, the message, the version, `add` or cuts as JSON, the new owner; null takes it back. */
  readonly value: string | null
  readonly revision: number
}

export const wordLimits = {
  /** Characters of a reason or a message. */
  text: 512,
  /** Nodes that the end of a maintainer names. */
  cuts: 64,
  /** Highest revision; a word at the top still counts by the other rules. */
  revision: 2_147_483_647,
} as const

/** A word as the body of an entry of its kind. */
export function formatWord(word: PackageWord): ReadonlyMapLike {
  const { kind, owner, name, subject, value, revision } = word
  const common = { v: 1, owner, name, revision }
  switch (kind) {
    case 'yank':
      return { ...common, version: subject, reason: value ?? '', undo: value === null }
    case 'deprecate':
      return { ...common, range: subject === '*' ? null : subject, message: value }
    case 'tag':
      return { ...common, tag: subject, version: value }
    case 'maintainer':
      return value === addedMaintainer
        ? { ...common, maintainer: subject, action: 'add', cuts: [] }
        : { ...common, maintainer: subject, action: 'remove', cuts: parseCuts(value).map((cut) => ({ ...cut })) }
    case 'transfer':
      return { ...common, to: value }
  }
}

type Said = Pick<PackageWord, 'subject' | 'value'>

const shapes: Readonly<
  Record<WordKind, { readonly keys: readonly string[]; readonly read: (map: ReadonlyMap<string, unknown>) => Said | undefined }>
> = {
  yank: { keys: ['version', 'reason', 'undo'], read: readYank },
  deprecate: { keys: ['range', 'message'], read: readDeprecation },
  tag: { keys: ['tag', 'version'], read: readTag },
  maintainer: { keys: ['maintainer', 'action', 'cuts'], read: readMaintainer },
  transfer: { keys: ['to'], read: readTransfer },
}

/** Reads a decoded body from a peer: exactly the keys of its kind, each in bounds. Undefined for anything else, which leaves the entry inert. */
export function parseWord(kind: WordKind, body: unknown): PackageWord | undefined {
  const { keys, read } = shapes[kind]
  const map = readMap(body, ['v', 'owner', 'name', 'revision', ...keys])
  if (map === undefined || map.get('v') !== 1) return undefined
  const [owner, name, revision] = [readOwner(map.get('owner')), readName(map.get('name')), readSafeInteger(map.get('revision'))]
  const said = read(map)
  if (owner === undefined || name === undefined || revision === undefined || revision > wordLimits.revision) return undefined
  return said === undefined ? undefined : { kind, owner, name, revision, ...said }
}

function readYank(map: ReadonlyMap<string, unknown>): Said | undefined {
  const [subject, reason, undo] = [readVersion(map.get('version')), map.get('reason'), map.get('undo')]
  const value = reason === '' ? '' : readBoundedText(reason, wordLimits.text)
  if (subject === undefined || value === undefined || typeof undo !== 'boolean' || (undo && value !== '')) return undefined
  return { subject, value: undo ? null : value }
}

function readDeprecation(map: ReadonlyMap<string, unknown>): Said | undefined {
  const [range, message] = [map.get('range'), map.get('message')]
  const subject = range === null ? '*' : typeof range === 'string' && isVersionRange(range) && range !== '*' ? range : undefined
  const value = message === null ? null : readBoundedText(message, wordLimits.text)
  return subject === undefined || value === undefined ? undefined : { subject, value }
}

function readTag(map: ReadonlyMap<string, unknown>): Said | undefined {
  const [tag, version] = [map.get('tag'), map.get('version')]
  const subject = typeof tag === 'string' ? parseTag(tag) : undefined
  const value = version === null ? null : readVersion(version)
  return subject === undefined || value === undefined ? undefined : { subject, value }
}

function readMaintainer(map: ReadonlyMap<string, unknown>): Said | undefined {
  const [subject, action, cuts] = [readOwner(map.get('maintainer')), map.get('action'), readCuts(map.get('cuts'))]
  if (subject === undefined || cuts === undefined) return undefined
  if (action === 'add') return cuts.length === 0 ? { subject, value: addedMaintainer } : undefined
  return action === 'remove' ? { subject, value: formatCuts(cuts) } : undefined
}

function readTransfer(map: ReadonlyMap<string, unknown>): Said | undefined {
  const value = readOwner(map.get('to'))
  return value === undefined ? undefined : { subject: '', value }
}

function readOwner(value: unknown): OwnerId | undefined {
  return typeof value === 'string' ? parseOwnerId(value) : undefined
}

function readName(value: unknown): PackageName | undefined {
  return typeof value === 'string' ? parsePackageName(value) : undefined
}

function readVersion(value: unknown): string | undefined {
  return typeof value === 'string' ? parseVersion(value) : undefined
}

function readCuts(value: unknown): readonly NodeCut[] | undefined {
  const cuts = readRows(value, wordLimits.cuts, readCut)
  return cuts !== undefined && new Set(cuts.map(({ node }) => node)).size === cuts.length ? cuts : undefined
}

function readCut(value: unknown): NodeCut | undefined {
  const map = readMap(value, ['node', 'incarnation', 'seq'])
  const [node, incarnation, seq] = [parseNode(map?.get('node')), readSafeInteger(map?.get('incarnation')), readSafeInteger(map?.get('seq'))]
  if (node === undefined || incarnation === undefined || seq === undefined) return undefined
  return incarnation < 1 || incarnation > maxIncarnation || seq < 1 ? undefined : { node, incarnation, seq }
}

/** Cuts as the value of a word. */
export function formatCuts(cuts: readonly NodeCut[]): string {
  return JSON.stringify(cuts.map(({ node, incarnation, seq }) => ({ node, incarnation, seq })))
}

/** Reads what `formatCuts` wrote; none for what is no cuts. */
export function parseCuts(value: string | null): readonly NodeCut[] {
  try {
    return readCuts(JSON.parse(value ?? '[]')) ?? []
  } catch {
    return []
  }
}
