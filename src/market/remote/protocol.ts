import { formatWire, parseWire } from '../../journal/codec.ts'
import type { Entry, HiveId } from '../../journal/entry.ts'
import { decodeCanonical, encodeCanonical } from '../../lib/canonical.ts'
import type { PackageKind } from '../manifest/manifest.ts'
import { packageKinds } from '../manifest/manifest.ts'
import type { Statistics } from '../search/search-text.ts'

/** Hits in one answer at most. */
export const maxHits = 50
/** Longest question: the words, and what packages must be. */
export const maxQuestionBytes = 16_384
/** Longest answer; one release has 64 KiB at most, and most have one. Hits that do not fit are left out, the last first. */
export const maxAnswerBytes = 1_048_576
/** Words of a question that are counted. */
const maxWords = 16
/** Longest text of a question, in characters, and most keywords. */
const [maxText, maxKeywords] = [1_024, 16]

/** What is asked of another member: what was typed, and what packages must be. Nothing else of us is in it. */
export interface RemoteQuestion {
  readonly id: number
  readonly query: string
  readonly kind: PackageKind | undefined
  readonly category: string | undefined
  readonly keyword: readonly string[]
  readonly author: string | undefined
  readonly license: string | undefined
  readonly limit: number
}

/** What a member found: releases as their owners signed them, best first, and the first entries of their authors' journals. */
export type RemoteAnswer =
  | {
      readonly type: 'found'
      readonly id: number
      readonly releases: readonly Entry[]
      readonly introductions: readonly Entry[]
      /** How common the words are there. */
      readonly statistics: Statistics
    }
  | { readonly type: 'no'; readonly id: number; readonly why: 'busy' | 'refused' }

/** The protocol in a hive; `h` is the first 16 characters of the hive's id. */
export function searchProtocol(hive: HiveId): string {
  return `/althing/${hive.slice(0, 16)}/search/1`
}

/** A question as canonical dag-cbor: a list that begins with its name. */
export function formatQuestion({ id, query, kind, category, keyword, author, license, limit }: RemoteQuestion): Uint8Array {
  return encodeCanonical(['find', id, query, kind ?? null, category ?? null, [...keyword], author ?? null, license ?? null, limit])
}

/** Reads a question from a peer; undefined for what no honest peer sends. */
export function parseQuestion(bytes: Uint8Array): RemoteQuestion | undefined {
  const list = readList(bytes, { maxBytes: maxQuestionBytes, maxDepth: 3 })
  if (list?.length !== 9 || list[0] !== 'find') return undefined
  const [, id, query, kind, category, keyword, author, license, limit] = list
  const wantedKind = packageKinds.find((known) => known === kind)
  if (!Array.isArray(keyword) || keyword.length > maxKeywords) return undefined
  const keywords = (keyword as readonly unknown[]).filter(isText)
  if (keywords.length !== keyword.length) return undefined
  if (!isCount(id) || !isText(query) || !isCount(limit) || limit < 1 || limit > maxHits) return undefined
  if (kind !== null && wantedKind === undefined) return undefined
  if (![category, author, license].every((each) => each === null || isText(each))) return undefined
  return {
    id,
    query,
    kind: wantedKind,
    keyword: keywords,
    limit,
    category: toText(category),
    author: toText(author),
    license: toText(license),
  }
}

/** An answer; of hits whose bytes do not fit, the last are left out. */
export function formatAnswer(answer: RemoteAnswer): Uint8Array {
  if (answer.type === 'no') return encodeCanonical(['no', answer.id, answer.why])
  const { releases, introductions } = fitting(answer.releases, answer.introductions)
  return encodeCanonical([
    'found',
    answer.id,
    releases.map(formatWire),
    introductions.map(formatWire),
    answer.statistics.packages,
    [...answer.statistics.counts],
  ])
}

/** Reads an answer from a peer; signatures are not looked at. Undefined for what no honest peer sends. */
export function parseAnswer(bytes: Uint8Array): RemoteAnswer | undefined {
  const list = readList(bytes, { maxBytes: maxAnswerBytes, maxDepth: 4 })
  if (list === undefined) return undefined
  const [type, id, first, second, packages, counts] = list
  if (!isCount(id)) return undefined
  if (type === 'no' && list.length === 3) return first === 'busy' || first === 'refused' ? { type, id, why: first } : undefined
  const [releases, introductions] = [parseEntries(first), parseEntries(second)]
  if (type !== 'found' || list.length !== 6 || releases === undefined || introductions === undefined) return undefined
  if (!isCount(packages) || !Array.isArray(counts) || counts.length > maxWords) return undefined
  const counted = (counts as readonly unknown[]).filter(isCount)
  return counted.length === counts.length ? { type, id, releases, introductions, statistics: { packages, counts: counted } } : undefined
}

/** Room for the message around the entries, and for the heads of their lists. */
const overheadBytes = 4_096

function fitting(
  releases: readonly Entry[],
  introductions: readonly Entry[],
): Pick<Extract<RemoteAnswer, { type: 'found' }>, 'releases' | 'introductions'> {
  const taken: Entry[] = []
  const known = new Map<string, Entry>()
  let bytes = overheadBytes
  for (const release of releases) {
    const { node } = release.header
    const introduction = known.has(node) ? undefined : introductions.find(({ header }) => header.node === node)
    bytes += sizeOf(release) + (introduction === undefined ? 0 : sizeOf(introduction))
    if (bytes > maxAnswerBytes || taken.length >= maxHits) break
    taken.push(release)
    if (introduction !== undefined) known.set(node, introduction)
  }
  return { releases: taken, introductions: [...known.values()] }
}

function sizeOf({ headerBytes, bodyBytes }: Entry): number {
  return headerBytes.byteLength + (bodyBytes?.byteLength ?? 0) + 96
}

function parseEntries(value: unknown): readonly Entry[] | undefined {
  if (!Array.isArray(value) || value.length > maxHits) return undefined
  const entries = (value as readonly unknown[]).flatMap((each) => parseWire(each) ?? [])
  return entries.length === value.length ? entries : undefined
}

function readList(bytes: Uint8Array, limits: { readonly maxBytes: number; readonly maxDepth: number }): readonly unknown[] | undefined {
  const value = decodeCanonical(bytes, limits)?.value
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxText
}

function toText(value: unknown): string | undefined {
  return isText(value) ? value : undefined
}
