import { within } from '../../content/within.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { ReplicatedJournal } from '../../journal/journal.ts'
import type { Entry } from '../../journal/entry.ts'
import type { Clock } from '../../lib/clock.ts'
import type { TokenBucket } from '../../lib/token-bucket.ts'
import { createTokenBucket } from '../../lib/token-bucket.ts'
import type { Channel, ChannelHandler, Host } from '../../network/host.ts'
import type { Reader } from '../../store/database.ts'
import { parseTextQuery } from '../search/rules/query.ts'
import { readStatistics, searchText } from '../search/search-text.ts'
import type { RemoteAnswer, RemoteQuestion } from './protocol.ts'
import { formatAnswer, maxQuestionBytes, parseQuestion, searchProtocol } from './protocol.ts'
import { filterOf } from './rules/judge-hit.ts'

export interface ServeSearchDeps {
  readonly database: Reader
  readonly journal: Pick<ReplicatedJournal, 'hive' | 'find' | 'range'>
  readonly host: Host
  readonly clock: Clock
}

export interface ServeSearchOptions {
  /** Questions of one member that are answered in a second. */
  readonly questionsPerSecond: number
  /** The same of all together. */
  readonly allQuestionsPerSecond: number
  /** A channel on which nothing is asked is closed after this long, in milliseconds. */
  readonly remoteIdleTimeoutMs: number
}

/** Members whose rate is remembered. */
const maxPeers = 4_096
/** Seconds' worth of questions that may come at once. */
const burstSeconds = 10
/** Channels of one member. */
const maxPerPeer = 4

/** Answers questions of members from the index of one hive, until the function it returns is called. */
export function serveSearch(deps: ServeSearchDeps, options: ServeSearchOptions): () => void {
  const rates = new Map<PeerId, TokenBucket>()
  const all = openBucket(deps, options.allQuestionsPerSecond)
  const mayAsk = (peer: PeerId): boolean => {
    const rate = rates.get(peer) ?? openBucket(deps, options.questionsPerSecond)
    const oldest = rates.keys().next().value
    if (rates.size >= maxPeers && !rates.has(peer) && oldest !== undefined) rates.delete(oldest)
    rates.set(peer, rate)
    return rate.tryTake(1) && all.tryTake(1)
  }
  const handler: ChannelHandler = async (channel, { signal }) => {
    for (;;) {
      const receive = (waiting: AbortSignal): ReturnType<Channel['receive']> => channel.receive({ signal: waiting })
      const bytes = await within(deps.clock, { ms: options.remoteIdleTimeoutMs, signal }, receive)
      if (bytes === undefined) return
      const question = parseQuestion(bytes)
      if (question === undefined) throw new Error('what came is no question of this protocol')
      const answer: RemoteAnswer = mayAsk(channel.peer) ? findHere(deps, question) : { type: 'no', id: question.id, why: 'busy' }
      await channel.send(formatAnswer(answer))
    }
  }
  return deps.host.handle(searchProtocol(deps.journal.hive), handler, { maxMessageBytes: maxQuestionBytes, maxPerPeer })
}

function openBucket({ clock }: ServeSearchDeps, perSecond: number): TokenBucket {
  return createTokenBucket({ clock }, { perSecond, burst: burstSeconds * perSecond })
}

/** What is found here, as it was signed. What is only in the index of a registry, and was signed elsewhere, is not ours to hand on. */
function findHere({ database, journal }: ServeSearchDeps, question: RemoteQuestion): RemoteAnswer {
  const typed = question.query.trim()
  const query = parseTextQuery(typed)
  const isNothing = typed !== '' && query === undefined
  const filter = filterOf(question)
  const asked = { hive: journal.hive, query, filter, isFuzzy: false, isForOthers: true, limit: question.limit, usefulnessOf: undefined }
  const { hits } = isNothing ? { hits: [] } : searchText(database, asked)
  const releases = hits.flatMap(({ entry }) => journal.find(entry) ?? [])
  const authors = new Set(releases.map(({ header }) => header.node))
  const introductions = [...authors].flatMap((node): readonly Entry[] => [...journal.range(node, 1, 1, 1)])
  const statistics = readStatistics(database, journal.hive, query)
  return { type: 'found', id: question.id, releases, introductions, statistics }
}
