import type { PeerId, SigningKey } from '../../identity/keys.ts'
import { isSignedBy, keyOfPeerId, peerIdOfKey } from '../../identity/keys.ts'
import { readBytes, readCount, readList, readPeerId, readText } from '../../identity/fields.ts'
import type { HiveId } from '../../journal/entry.ts'
import { decodeCanonical, encodeCanonical } from '../../lib/canonical.ts'
import { linkOfCid } from '../../lib/cid.ts'
import { maxScore } from '../rules/choose-turn.ts'
import { maxForgePauseMs } from '../rules/forge-limits.ts'
import type { WorkerOffer } from '../rules/worker-book.ts'
import type { ProjectId, TaskKey } from '../task.ts'
import { parseProjectId, parseTaskKey } from '../task.ts'

/** A task as members speak of it. */
export interface TaskName {
  readonly project: ProjectId
  readonly task: TaskKey
}

/** What members say of tasks. Hints alone: the refs of the git server decide, and a liar costs others a wrong order. */
export type TaskNews =
  /** It may be taken, with this text. */
  | ({ readonly news: 'task-seen'; readonly issueHash: string } & TaskName)
  /** `score`: in millionths. `load`: tasks under way, in millionths of what it may have. */
  | ({ readonly news: 'bid'; readonly issueHash: string; readonly score: number; readonly load: number } & TaskName)
  | ({ readonly news: 'claimed'; readonly epoch: number } & TaskName)
  | ({ readonly news: 'released' } & TaskName)
  /** The sender looked at a project for all. */
  | { readonly news: 'polled'; readonly project: ProjectId }
  /** A forge wants nothing more for `waitMs` from whoever has a token, of which `mark` is 16 hex digits of a keyed hash. */
  | { readonly news: 'limited'; readonly forge: string; readonly mark: string; readonly waitMs: number }
  /** A worker is there; null: it ended. */
  | { readonly news: 'worker'; readonly offer: WorkerOffer | null }

/** News under its sender's signature. */
export interface SignedNews {
  readonly sender: PeerId
  /** Grows with each message of a sender. */
  readonly nonce: number
  readonly news: TaskNews
  /** Ed25519 over `althing-task-talk-v1` and the canonical dag-cbor of what is said. */
  readonly signature: Uint8Array
}

/** Longest message, in bytes. */
export const maxTalkBytes = 32_768
/** What a worker says at most: projects, and words of each other list with their characters. */
const maxOfferProjects = 32
const maxOfferWords = 16
const maxWordLength = 256
const maxSlots = 1_024
const talkDomain = 'althing-task-talk-v1'
const signatureBytes = 64

/** The topic of tasks in a hive. @see docs/protocols/claims.md §10 */
export function talkTopic(hive: HiveId): string {
  return `/althing/${hive.slice(0, 16)}/task-talk/1`
}

/** Signs a message for one hive. */
export function signNews(key: SigningKey, hive: HiveId, { nonce, news }: Pick<SignedNews, 'nonce' | 'news'>): SignedNews {
  const sender = peerIdOfKey(key.publicKey)
  return { sender, nonce, news, signature: key.sign(talkDomain, encodeSaid(hive, { sender, nonce, news })) }
}

/** Whether the sender named in a message signed it, for this hive. */
export function isNewsSigned(hive: HiveId, message: SignedNews): boolean {
  return isSignedBy(keyOfPeerId(message.sender), talkDomain, encodeSaid(hive, message), message.signature)
}

/** A message as it goes over the wire. */
export function formatNews({ sender, nonce, news, signature }: SignedNews): Uint8Array {
  return encodeCanonical([1, sender, nonce, toRow(news), signature])
}

/** Reads a message from a peer; the signature is not looked at. Undefined for what no honest peer sends. */
export function parseNews(bytes: Uint8Array): SignedNews | undefined {
  const list = asList(decodeCanonical(bytes, { maxBytes: maxTalkBytes, maxDepth: 4 })?.value, 5)
  if (list === undefined || list[0] !== 1) return undefined
  const [sender, nonce, signature] = [readPeerId(list[1]), readCount(list[2]), readBytes(list[4], signatureBytes)]
  const news = parseRow(list[3])
  if (sender === undefined || nonce === undefined || news === undefined || signature === undefined) return undefined
  return { sender, nonce, news, signature }
}

/** How messages are read; one process that is many nodes may do it once for all of them. */
export interface NewsReader {
  readonly parse: (bytes: Uint8Array) => SignedNews | undefined
  readonly isSigned: (hive: HiveId, message: SignedNews) => boolean
}

/** Reads each message anew. */
export const newsReader: NewsReader = { parse: parseNews, isSigned: isNewsSigned }

/** As much of an offer as may be said: what is too long or too much is left out, and others know less of this worker. */
export function boundOffer(offer: WorkerOffer): WorkerOffer {
  const { projects, labels, types, scopes, models, slots } = offer
  return {
    ...offer,
    projects: [...new Set(projects)].slice(0, maxOfferProjects),
    ...{ labels: boundWords(labels), types: boundWords(types), scopes: boundWords(scopes), models: boundWords(models) },
    slots: Math.min(slots, maxSlots),
  }
}

function boundWords(words: readonly string[]): readonly string[] {
  return [...new Set(words)].filter((word) => readText(word, maxWordLength) !== undefined).slice(0, maxOfferWords)
}

function encodeSaid(hive: HiveId, { sender, nonce, news }: Omit<SignedNews, 'signature'>): Uint8Array {
  return encodeCanonical([1, linkOfCid(hive), sender, nonce, toRow(news)])
}

function toRow(news: TaskNews): readonly unknown[] {
  switch (news.news) {
    case 'task-seen':
      return [news.news, news.project, news.task, news.issueHash]
    case 'bid':
      return [news.news, news.project, news.task, news.issueHash, news.score, news.load]
    case 'claimed':
      return [news.news, news.project, news.task, news.epoch]
    case 'released':
      return [news.news, news.project, news.task]
    case 'polled':
      return [news.news, news.project]
    case 'limited':
      return [news.news, news.forge, news.mark, news.waitMs]
    case 'worker':
      return [news.news, news.offer === null ? null : offerRow(news.offer)]
  }
}

function offerRow({ agent, projects, labels, types, scopes, models, slots, answers }: WorkerOffer): readonly unknown[] {
  return [agent, [...projects], [...labels], [...types], [...scopes], [...models], slots, answers]
}

function parseRow(value: unknown): TaskNews | undefined {
  if (!Array.isArray(value) || value.length < 2 || value.length > 6) return undefined
  const row: readonly unknown[] = value
  if (row[0] === 'worker') return parseWorker(row)
  if (row[0] === 'limited') return parseLimited(row)
  const project = parseProjectId(typeof row[1] === 'string' ? row[1] : '')
  if (project === undefined) return undefined
  if (row[0] === 'polled') return row.length === 2 ? { news: 'polled', project } : undefined
  const task = parseTaskKey(typeof row[2] === 'string' ? row[2] : '')
  return task === undefined ? undefined : parseOfTask(row, { project, task })
}

function parseOfTask(row: readonly unknown[], name: TaskName): TaskNews | undefined {
  const number = readCount(row[3])
  const issueHash = typeof row[3] === 'string' && /^[0-9a-f]{64}$/.test(row[3]) ? row[3] : undefined
  switch (row[0]) {
    case 'task-seen':
      return row.length === 4 && issueHash !== undefined ? { news: 'task-seen', ...name, issueHash } : undefined
    case 'claimed':
      return row.length === 4 && number !== undefined && number > 0 ? { news: 'claimed', ...name, epoch: number } : undefined
    case 'released':
      return row.length === 3 ? { news: 'released', ...name } : undefined
    case 'bid': {
      const [score, load] = [readCount(row[4]), readCount(row[5])]
      if (row.length !== 6 || issueHash === undefined || score === undefined || load === undefined) return undefined
      // a number that is too great, NaN and infinity among them, is no score
      return score > maxScore || load > maxScore ? undefined : { news: 'bid', ...name, issueHash, score, load }
    }
    default:
      return undefined
  }
}

function parseLimited(row: readonly unknown[]): TaskNews | undefined {
  const [forge, waitMs] = [readText(row[1], maxWordLength), readCount(row[3])]
  const mark = typeof row[2] === 'string' && /^[0-9a-f]{16}$/.test(row[2]) ? row[2] : undefined
  if (row.length !== 4 || forge === undefined || mark === undefined || waitMs === undefined || waitMs > maxForgePauseMs) return undefined
  return { news: 'limited', forge, mark, waitMs }
}

function parseWorker(row: readonly unknown[]): TaskNews | undefined {
  if (row.length !== 2) return undefined
  if (row[1] === null) return { news: 'worker', offer: null }
  const list = asList(row[1], 8)
  if (list === undefined) return undefined
  const agent = readText(list[0], maxWordLength)
  const projects = readList(list[1], maxOfferProjects, (item) => (typeof item === 'string' ? parseProjectId(item) : undefined))
  const [labels, types, scopes, models] = [readWords(list[2]), readWords(list[3]), readWords(list[4]), readWords(list[5])]
  const [slots, answers] = [readCount(list[6]), list[7]]
  if (agent === undefined || projects === undefined || labels === undefined || types === undefined) return undefined
  if (scopes === undefined || models === undefined || slots === undefined || slots > maxSlots || typeof answers !== 'boolean')
    return undefined
  return { news: 'worker', offer: { agent, projects, labels, types, scopes, models, slots, answers } }
}

function readWords(value: unknown): readonly string[] | undefined {
  return readList(value, maxOfferWords, (item) => readText(item, maxWordLength))
}

function asList(value: unknown, length: number): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length === length ? value : undefined
}
