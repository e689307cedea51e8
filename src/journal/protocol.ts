import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import { cidOfLink, linkOfCid } from '../lib/cid.ts'
import { formatEntry, formatWire, maxIncarnation, maxWireEntryBytes, parseEntry, parseNode, parseWire } from './codec.ts'
import type { Entry, Head, HiveId } from './entry.ts'
import type { EntryRange, ForkProof } from './journal.ts'

/** Buckets that authors fall into when heads are compared; a power of two. */
export const bucketCount = 32
/** Bytes of one bucket's sum. */
export const sumBytes = 8
/** Heads in one message at most; a longer list is several messages. */
export const maxHeadsPerMessage = 4096
/** Ranges in one question at most. */
export const maxRangesPerAsk = 256
/** Records that excuse missing bodies, in one batch at most. */
const maxEvidence = 4096
/** A batch is cut at `batchBytes`; one entry, its evidence and the lists' heads may come on top. */
export const messageSlackBytes = 262_144

/** What peers say on a channel of the journal protocol. @see docs/protocols/journal.md §4 */
export type Message =
  | { readonly type: 'sums'; readonly sums: Uint8Array }
  | { readonly type: 'heads'; readonly heads: readonly Head[] }
  | { readonly type: 'yours'; readonly heads: readonly Head[] }
  | { readonly type: 'ask'; readonly id: number; readonly ranges: readonly EntryRange[] }
  | { readonly type: 'batch'; readonly id: number; readonly entries: readonly Entry[]; readonly evidence: readonly Entry[] }
  | { readonly type: 'fork'; readonly proof: ForkProof }

/** The protocol of a hive's journals; `h` is the first 16 characters of the hive's id. */
export function journalProtocol(hive: HiveId): string {
  return `/althing/${hive.slice(0, 16)}/journal/1`
}

/** The topic on which new entries are told. */
export function journalTopic(hive: HiveId): string {
  return `althing/${hive.slice(0, 16)}/journal/v1`
}

/** A message as canonical dag-cbor: a list that begins with its name. */
export function formatMessage(message: Message): Uint8Array {
  switch (message.type) {
    case 'sums':
      return encodeCanonical(['sums', message.sums])
    case 'heads':
    case 'yours':
      return encodeCanonical([message.type, message.heads.map((head) => [head.node, head.incarnation, head.seq, linkOfCid(head.cid)])])
    case 'ask':
      return encodeCanonical(['ask', message.id, message.ranges.map(({ node, incarnation, from, to }) => [node, incarnation, from, to])])
    case 'batch':
      return encodeCanonical(['batch', message.id, message.entries.map(formatWire), message.evidence.map(formatWire)])
    case 'fork':
      return encodeCanonical(['fork', formatWire(message.proof.first), formatWire(message.proof.second)])
  }
}

/** Reads a message from a peer; undefined for what no honest peer sends. */
export function parseMessage(bytes: Uint8Array, limits: { readonly maxBytes: number }): Message | undefined {
  const value = decodeCanonical(bytes, { maxBytes: limits.maxBytes, maxDepth: 6 })?.value
  if (!Array.isArray(value)) return undefined
  const [type, ...rest]: readonly unknown[] = value
  switch (type) {
    case 'sums':
      return rest.length === 1 && rest[0] instanceof Uint8Array && rest[0].byteLength === bucketCount * sumBytes
        ? { type, sums: rest[0] }
        : undefined
    case 'heads':
    case 'yours': {
      const heads = rest.length === 1 ? parseList(rest[0], maxHeadsPerMessage, parseHead) : undefined
      return heads && { type, heads }
    }
    case 'ask':
      return parseAsk(rest)
    case 'batch':
      return parseBatch(rest)
    case 'fork':
      return parseFork(rest)
    default:
      return undefined
  }
}

/** Gossip carries one entry, or a proof of a fork. */
export type GossipNews = { readonly type: 'entry'; readonly entry: Entry } | { readonly type: 'fork'; readonly proof: ForkProof }

/** An entry as gossip carries it: the wire entry and nothing around it. */
export function formatNews(news: GossipNews): Uint8Array {
  return news.type === 'entry' ? formatEntry(news.entry) : formatMessage(news)
}

/** Reads what came by gossip. */
export function parseNews(bytes: Uint8Array): GossipNews | undefined {
  const entry = parseEntry(bytes)
  if (entry !== undefined) return { type: 'entry', entry }
  const message = parseMessage(bytes, { maxBytes: 2 * maxWireEntryBytes })
  return message?.type === 'fork' ? message : undefined
}

function parseAsk(rest: readonly unknown[]): Message | undefined {
  const [id, list] = rest
  const ranges = parseList(list, maxRangesPerAsk, parseRange)
  return rest.length === 2 && isCount(id, 0) && ranges !== undefined && ranges.length > 0 ? { type: 'ask', id, ranges } : undefined
}

function parseBatch(rest: readonly unknown[]): Message | undefined {
  const [id, entryList, evidenceList] = rest
  const entries = parseList(entryList, Number.MAX_SAFE_INTEGER, parseWire)
  const evidence = parseList(evidenceList, maxEvidence, parseWire)
  if (rest.length !== 3 || !isCount(id, 0) || entries === undefined || evidence === undefined) return undefined
  return { type: 'batch', id, entries, evidence }
}

function parseFork(rest: readonly unknown[]): Message | undefined {
  const [first, second] = rest.map(parseWire)
  return rest.length === 2 && first !== undefined && second !== undefined ? { type: 'fork', proof: { first, second } } : undefined
}

function parseHead(value: unknown): Head | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [name, incarnation, seq, link]: readonly unknown[] = value
  const node = parseNode(name)
  const cid = cidOfLink(link)
  return node !== undefined && cid !== undefined && isIncarnation(incarnation) && isCount(seq, 1)
    ? { node, incarnation, seq, cid }
    : undefined
}

function parseRange(value: unknown): EntryRange | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [name, incarnation, from, to]: readonly unknown[] = value
  const node = parseNode(name)
  if (node === undefined || !isIncarnation(incarnation) || !isCount(from, 1) || !isCount(to, 1) || to < from) return undefined
  return { node, incarnation, from, to }
}

/** A list whose items all parse, or nothing. */
function parseList<T>(value: unknown, max: number, parse: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined
  const parsed: T[] = []
  for (const item of value as readonly unknown[]) {
    const one = parse(item)
    if (one === undefined) return undefined
    parsed.push(one)
  }
  return parsed
}

function isCount(value: unknown, min: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min
}

/** Numbers no incarnation can have are refused here: each would be something to ask for. */
function isIncarnation(value: unknown): value is number {
  return isCount(value, 1) && value <= maxIncarnation
}
