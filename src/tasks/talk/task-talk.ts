import { rankNodes } from '../../content/rules/rendezvous.ts'
import type { PeerId, SigningKey } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Events } from '../../lib/events.ts'
import { createEvents } from '../../lib/events.ts'
import { describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import type { TokenBucket } from '../../lib/token-bucket.ts'
import { createTokenBucket } from '../../lib/token-bucket.ts'
import type { GossipMessage, GossipVerdict, Host } from '../../network/host.ts'
import type { SharedPauses } from '../forges/shared-pauses.ts'
import { isPolledByAnother } from '../rules/choose-turn.ts'
import { Repeats } from '../rules/heard.ts'
import type { HeardWorker, WorkerOffer } from '../rules/worker-book.ts'
import { couldTake, offerIntervalMs, WorkerBook } from '../rules/worker-book.ts'
import type { ProjectId, Task } from '../task.ts'
import { formatTaskName, textNameOf } from './names.ts'
import type { NewsReader, TaskName, TaskNews } from './protocol.ts'
import { boundOffer, formatNews, signNews, talkTopic } from './protocol.ts'
import { SeenTasks } from './seen-tasks.ts'
import { SenderRates } from './sender-rates.ts'
import type { Standing, Talk, Turn } from './talk.ts'
import { TokenPauses } from './token-pauses.ts'
import { Turns } from './turns.ts'

export interface TaskTalkDeps {
  readonly hive: HiveId
  readonly host: Pick<Host, 'peerId' | 'events' | 'connections' | 'gossip'>
  readonly key: SigningKey
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly isMember: (node: PeerId) => boolean
  readonly reader: NewsReader
}

interface TalkEvents {
  readonly prompt: readonly [project: ProjectId]
}

interface Waiting {
  readonly signal: AbortSignal
}

/** Messages of one sender, and of one neighbour for all, that are looked at. */
const heardRate = { perSecond: 50, burst: 500 }
const passedOnRate = { perSecond: 200, burst: 2_000 }
/** Looks at a forge that one sender can prompt. */
const promptRate = { perSecond: 0.5, burst: 10 }
/** Tasks that we say we saw: one makes others look at them all. */
const sawRate = { perSecond: 1, burst: 20 }
/** Who is new is told what our worker can do after this time at most, in milliseconds: all who are new together. */
const settleMs = 500

/** What members say to each other of tasks, over the hive's gossip. All it loses costs a push or a look at most. */
export class TaskTalk implements Talk, AsyncDisposable {
  /** Pauses that forges ask for. */
  readonly pauses: SharedPauses
  readonly #pauses: TokenPauses
  readonly #deps: TaskTalkDeps
  readonly #events: Events<TalkEvents> = createEvents<TalkEvents>()
  readonly #turns: Turns
  readonly #repeats = new Repeats()
  readonly #workers = new WorkerBook()
  readonly #seen = new SeenTasks()
  readonly #heard: SenderRates
  readonly #passedOn: SenderRates
  readonly #prompts: SenderRates
  readonly #saying: TokenBucket
  readonly #offs: readonly (() => void)[]
  readonly #telling = new Set<Promise<void>>()
  readonly #traffic = { sent: 0, received: 0, messagesSent: 0, messagesReceived: 0 }
  #offer: WorkerOffer | undefined
  #cancelOffer: (() => void) | undefined
  #nonce = 0

  constructor(deps: TaskTalkDeps) {
    this.#deps = deps
    this.#heard = new SenderRates(deps, heardRate)
    this.#passedOn = new SenderRates(deps, passedOnRate)
    this.#prompts = new SenderRates(deps, promptRate)
    this.#saying = createTokenBucket(deps, sawRate)
    const { host, hive } = deps
    this.pauses = this.#pauses = new TokenPauses({ ...deps, tell: (news) => this.#tell(news) })
    this.#turns = new Turns({ ...deps, rivals: (task) => this.#rivals(task), tell: (news) => this.#tell(news) })
    this.#offs = [
      host.gossip.subscribe(talkTopic(hive), (message) => this.#hear(message)),
      host.events.on('peer:connected', () => this.#offerIn(settleMs * deps.chance.fraction())),
      // whoever lives but is cut from us alone says so again through others
      host.events.on('peer:disconnected', (peer) => this.#workers.leave(peer)),
    ]
  }

  /** Bytes and messages of this talk, as they were before the transport's own wrapping. */
  get traffic(): {
    readonly sent: number
    readonly received: number
    readonly messagesSent: number
    readonly messagesReceived: number
  } {
    return { ...this.#traffic }
  }

  readonly saw = (task: Task): void => {
    const name = textNameOf(task)
    // what is not said now is said after a later look
    if (this.#seen.has(name) || !this.#saying.tryTake(1)) return
    this.#seen.add(name)
    const news = { news: 'task-seen', project: task.project, task: task.key, issueHash: task.issueHash } as const
    // told to nobody: the next look says it again
    this.#tell(news, () => this.#seen.delete(name))
  }

  readonly takeTurn = (turn: Turn, waiting: Waiting): Promise<'try' | 'taken'> => this.#turns.take(turn, waiting)

  readonly claimed = (name: TaskName, epoch: number): void => this.#tell({ news: 'claimed', ...name, epoch })

  readonly released = (name: TaskName): void => {
    this.#tell({ news: 'released', ...name })
    this.prompt(name.project)
  }

  readonly polled = (project: ProjectId): void => this.#tell({ news: 'polled', project })

  readonly isPolledByAnother = (project: ProjectId, withinMs: number): boolean => {
    const { host, clock } = this.#deps
    return isPolledByAnother(project, host.peerId, this.#seen.pollersOf(project, clock.monotonic() - withinMs))
  }

  readonly offer = (wanted: WorkerOffer | undefined): void => {
    const offer = wanted === undefined ? undefined : boundOffer(wanted)
    const isSame = JSON.stringify(offer) === JSON.stringify(this.#offer)
    const ended = this.#offer !== undefined && offer === undefined
    this.#offer = offer
    if (ended) {
      this.#cancelOffer?.()
      this.#cancelOffer = undefined
      this.#tell({ news: 'worker', offer: null })
    } else if (!isSame) this.#tellOffer()
  }

  readonly workers = (): readonly HeardWorker[] =>
    this.#workers.all(this.#deps.clock.monotonic()).filter(({ node }) => this.#deps.isMember(node))

  readonly isAlive = (node: PeerId): boolean => this.#workers.get(node, this.#deps.clock.monotonic()) !== undefined

  readonly standing = (task: Task): Standing => this.#standingAmong({ project: task.project, task: task.key }, this.#rivals(task))

  readonly standingInProject = (name: TaskName): Standing => {
    const others = this.workers().filter(({ projects, slots }) => slots > 0 && projects.includes(name.project))
    const nodes = others.map(({ node }) => node)
    return this.#standingAmong(name, nodes)
  }

  readonly onPrompt = (listen: (project: ProjectId) => void): (() => void) => this.#events.on('prompt', listen)

  /** Something of a project changed, as this node found by another way. */
  prompt(project: ProjectId): void {
    this.#events.emit('prompt', project)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.offer(undefined)
    for (const off of this.#offs) off()
    this.#cancelOffer?.()
    await Promise.allSettled(this.#telling)
  }

  #standingAmong(name: TaskName, others: readonly PeerId[]): Standing {
    const { peerId } = this.#deps.host
    const ranked = rankNodes(formatTaskName(name), [peerId, ...others])
    return { rank: ranked.indexOf(peerId), of: ranked.length }
  }

  /** Others that could take a task now, as they said. */
  #rivals(task: Task): readonly PeerId[] {
    return this.workers().flatMap((worker) => (couldTake(worker, task) ? [worker.node] : []))
  }

  #tellOffer(): void {
    this.#cancelOffer?.()
    this.#cancelOffer = undefined
    if (this.#offer === undefined) return
    this.#tell({ news: 'worker', offer: this.#offer })
    this.#cancelOffer = this.#deps.clock.schedule(offerIntervalMs, () => this.#tellOffer())
  }

  /** Sooner than it was due. */
  #offerIn(ms: number): void {
    if (this.#offer === undefined) return
    this.#cancelOffer?.()
    this.#cancelOffer = this.#deps.clock.schedule(ms, () => this.#tellOffer())
  }

  /** `unheard` is called when there was nobody to tell. */
  #tell(news: TaskNews, unheard: () => void = () => {}): void {
    const { host, hive, key, clock, log } = this.#deps
    // grows, whatever the wall clock does
    this.#nonce = Math.max(this.#nonce + 1, Math.trunc(clock.now()))
    const bytes = formatNews(signNews(key, hive, { nonce: this.#nonce, news }))
    const telling = host.gossip
      .publish(talkTopic(hive), bytes)
      .then((count) => {
        if (count === 0) return unheard()
        this.#traffic.sent += bytes.byteLength
        this.#traffic.messagesSent += 1
      })
      .catch((error: unknown) => {
        unheard()
        log.debug('a word about tasks was not told', { news: news.news, reason: describeError(error) })
      })
      .finally(() => this.#telling.delete(telling))
    this.#telling.add(telling)
  }

  #hear({ from, bytes }: GossipMessage): GossipVerdict {
    const { hive, host, clock, isMember, reader } = this.#deps
    this.#traffic.received += bytes.byteLength
    this.#traffic.messagesReceived += 1
    const message = reader.parse(bytes)
    if (message === undefined) return 'reject'
    const { sender, nonce, news } = message
    // who is no member here may be one where the message came from
    if (sender === host.peerId || !isMember(sender)) return 'ignore'
    // a signature costs time to look at, and one that is forged must not use up what its owner may say
    if (!this.#passedOn.tryTake(from)) return 'ignore'
    if (!reader.isSigned(hive, message)) return 'reject'
    if (!this.#heard.tryTake(sender) || !this.#repeats.isNew(sender, nonce, clock.monotonic())) return 'ignore'
    this.#take(sender, news)
    return 'accept'
  }

  #take(sender: PeerId, news: TaskNews): void {
    const now = this.#deps.clock.monotonic()
    switch (news.news) {
      case 'task-seen':
        if (this.#seen.add(`${formatTaskName(news)}@${news.issueHash}`)) this.#promptBy(sender, news.project)
        return
      case 'bid':
        return this.#turns.hearBid(news, sender)
      case 'claimed':
        return this.#turns.hearClaim(news, sender)
      case 'released':
        return this.#promptBy(sender, news.project)
      case 'polled':
        return this.#seen.notePoll(news.project, sender, now)
      case 'limited':
        return this.#pauses.hear(news, sender)
      case 'worker':
        return this.#takeOffer(sender, news.offer)
    }
  }

  #takeOffer(sender: PeerId, offer: WorkerOffer | null): void {
    const { clock, chance } = this.#deps
    if (offer === null) return this.#workers.leave(sender)
    // who is new did not hear us
    if (this.#workers.hear(sender, offer, clock.monotonic())) this.#offerIn(settleMs * chance.fraction())
  }

  /** A look costs requests to a forge: one sender cannot make us look without end. */
  #promptBy(sender: PeerId, project: ProjectId): void {
    if (this.#prompts.tryTake(sender)) this.#events.emit('prompt', project)
  }
}
