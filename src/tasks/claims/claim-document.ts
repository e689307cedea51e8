import type { PeerId } from '../../identity/keys.ts'
import { readCount, readMap, readPeerId, readText } from '../../identity/fields.ts'
import type { HiveId } from '../../journal/entry.ts'
import { formatCanonicalJson } from '../../lib/canonical-json.ts'
import { parseCid } from '../../lib/cid.ts'
import type { Json } from '../../lib/json.ts'
import { isBranchName } from '../git/ref-names.ts'
import { maxTtlSeconds } from '../rules/lease.ts'
import type { ObjectId } from '../git/objects.ts'
import { parseObjectId } from '../git/objects.ts'
import type { ProjectId, TaskKey } from '../task.ts'
import { parseProjectId, parseTaskKey } from '../task.ts'

/** What a link of a chain does. @see docs/protocols/claims.md §2 */
export type ClaimKind = 'claim' | 'renew' | 'takeover' | 'release' | 'review' | 'done' | 'break' | 'pause'

/** What a holding has cost until now. */
export interface ClaimCost {
  /** Tokens of models, in and out. */
  readonly tokens: number
  /** Millionths of a US dollar. */
  readonly microUsd: number
}

/** What a link of a chain says. Signed as canonical JSON. */
export interface ClaimDocument {
  readonly v: 1
  readonly kind: ClaimKind
  readonly hive: HiveId
  readonly project: ProjectId
  readonly task: TaskKey
  /** Orders holdings within one chain; the first is 1. */
  readonly epoch: number
  /** Who signs: the holder, or whoever says `break`, `pause` or `done`. */
  readonly holder: PeerId
  /** Made once at each start of a process: 22 characters of base64url. */
  readonly process: string
  readonly ttlSeconds: number
  /** Branch that the pull request goes to. */
  readonly base: string
  /** Branch that the work goes to. */
  readonly branch: string
  /** sha-256 in hex of the task's text as it was pinned. */
  readonly issueHash: string
  /** The parent commit; null for the first link. */
  readonly previous: ObjectId | null
  /** 22 characters of base64url: no two links are the same bytes. */
  readonly nonce: string
  /** A word of `ClaimReason`, or any word; then, after `: `, text for people. At most 500 characters. */
  readonly reason?: string
  /** The pull request, as its forge names it. */
  readonly pr?: string
  readonly cost?: ClaimCost
  /** Wall time as ISO 8601 in UTC; for people only. */
  readonly at: string
}

/** Kinds of links, as a document says them. */
const kinds: readonly ClaimKind[] = ['claim', 'renew', 'takeover', 'release', 'review', 'done', 'break', 'pause']
/** No chain gets that long; keeps sums exact. */
export const maxEpoch = 1_000_000_000
const required = [
  'v',
  'kind',
  'hive',
  'project',
  'task',
  'epoch',
  'holder',
  'process',
  'ttlSeconds',
  'base',
  'branch',
  'issueHash',
  'previous',
  'nonce',
  'at',
]
const optional = ['reason', 'pr', 'cost']

/** Reads the document of a claim: undefined unless it is canonical JSON with exactly its fields, each of its form. */
export function readClaimDocument(text: string): ClaimDocument | undefined {
  const value = parseCanonical(text)
  if (typeof value !== 'object' || value === null) return undefined
  const map = readMap(value, [...required, ...optional.filter((name) => Object.hasOwn(value, name))])
  if (map === undefined || map.get('v') !== 1) return undefined
  return readFields(map)
}

/** JSON that is spelt as we would spell it: no double keys, no other order, no `1.0`. */
function parseCanonical(text: string): unknown {
  try {
    const value = JSON.parse(text) as Json
    return formatCanonicalJson(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

interface Names {
  readonly hive: HiveId
  readonly project: ProjectId
  readonly task: TaskKey
  readonly holder: PeerId
  readonly previous: ObjectId | null
}

function readFields(map: ReadonlyMap<string, unknown>): ClaimDocument | undefined {
  const names = readNames(map)
  const kind = kinds.find((known) => known === map.get('kind'))
  const [epoch, ttlSeconds] = [readCount(map.get('epoch')), readCount(map.get('ttlSeconds'))]
  const [process, nonce] = [readNonce(map.get('process')), readNonce(map.get('nonce'))]
  const [base, branch] = [readText(map.get('base'), 200), readText(map.get('branch'), 200)]
  const [issueHash, at] = [readText(map.get('issueHash'), 64), readText(map.get('at'), 24)]
  if (names === undefined || kind === undefined || process === undefined || nonce === undefined) return undefined
  if (epoch === undefined || epoch < 1 || epoch > maxEpoch) return undefined
  if (ttlSeconds === undefined || ttlSeconds < 1 || ttlSeconds > maxTtlSeconds) return undefined
  if (base === undefined || branch === undefined || !isBranchName(base) || !isBranchName(branch)) return undefined
  if (issueHash === undefined || !/^[0-9a-f]{64}$/.test(issueHash) || at === undefined || !isInstant(at)) return undefined
  const extras = readExtras(map)
  if (extras === undefined) return undefined
  return { v: 1, kind, ...names, epoch, process, ttlSeconds, base, branch, issueHash, nonce, at, ...extras }
}

function readNames(map: ReadonlyMap<string, unknown>): Names | undefined {
  const hive = parseCid(readText(map.get('hive'), 80) ?? '')
  const project = parseProjectId(readText(map.get('project'), 300) ?? '')
  const task = parseTaskKey(readText(map.get('task'), 40) ?? '')
  const holder = readPeerId(map.get('holder'))
  const said = map.get('previous')
  const previous = said === null ? null : parseObjectId(readText(said, 40) ?? '')
  if (hive === undefined || project === undefined || task === undefined || holder === undefined || previous === undefined) return undefined
  return { hive: hive as HiveId, project, task, holder, previous }
}

/** Fields that may be absent; undefined when one that is there is not of its form. */
function readExtras(map: ReadonlyMap<string, unknown>): Pick<ClaimDocument, 'reason' | 'pr' | 'cost'> | undefined {
  const [reason, pr, cost] = [readText(map.get('reason'), 500), readText(map.get('pr'), 200), readCost(map.get('cost'))]
  const isBad = [reason, pr, cost].some((read, index) => read === undefined && map.has(optional[index] ?? ''))
  if (isBad) return undefined
  return { ...(reason === undefined ? {} : { reason }), ...(pr === undefined ? {} : { pr }), ...(cost === undefined ? {} : { cost }) }
}

function readCost(value: unknown): ClaimCost | undefined {
  const map = readMap(value, ['tokens', 'microUsd'])
  const [tokens, microUsd] = [readCount(map?.get('tokens')), readCount(map?.get('microUsd'))]
  return tokens === undefined || microUsd === undefined ? undefined : { tokens, microUsd }
}

function readNonce(value: unknown): string | undefined {
  const text = readText(value, 22)
  return text !== undefined && /^[\w-]{22}$/.test(text) ? text : undefined
}

function isInstant(text: string): boolean {
  const ms = Date.parse(text)
  return Number.isFinite(ms) && ms >= 0 && new Date(ms).toISOString() === text
}
