import type { PeerId } from '../../identity/keys.ts'
import type { Clock } from '../../lib/clock.ts'
import { createEvents } from '../../lib/events.ts'
import type { Host } from '../../network/host.ts'
import { isNearAddress, isWorthBidding, maxScore, planTurn, rankBids, scoreOf, waitOf } from '../rules/choose-turn.ts'
import { ClaimWords, HeardBids } from '../rules/heard.ts'
import type { Task } from '../task.ts'
import { formatTaskName, textNameOf } from './names.ts'
import type { TaskNews } from './protocol.ts'
import type { Turn } from './talk.ts'

export interface TurnsDeps {
  readonly clock: Clock
  readonly host: Pick<Host, 'peerId' | 'connections'>
  readonly isMember: (node: PeerId) => boolean
  /** Others that could take a task now. */
  readonly rivals: (task: Task) => readonly PeerId[]
  readonly tell: (news: TaskNews) => void
}

interface Waiting {
  readonly signal: AbortSignal
}

/** Who tries a task first: waits for our turn, and hears who bids and who claimed. @see docs/protocols/claims.md §10 */
export class Turns {
  readonly #deps: TurnsDeps
  readonly #bids = new HeardBids()
  readonly #words = new ClaimWords()
  readonly #events = createEvents<{ readonly claimed: readonly [task: string] }>()

  constructor(deps: TurnsDeps) {
    this.#deps = deps
  }

  hearBid(news: Extract<TaskNews, { readonly news: 'bid' }>, by: PeerId): void {
    this.#bids.hear({ task: `${formatTaskName(news)}@${news.issueHash}`, by, score: news.score }, this.#deps.clock.monotonic())
  }

  hearClaim(news: Extract<TaskNews, { readonly news: 'claimed' }>, by: PeerId): void {
    const task = formatTaskName(news)
    if (this.#words.hear({ task, by, epoch: news.epoch }, this.#deps.clock.monotonic())) this.#events.emit('claimed', task)
  }

  /** Resolves when we should try, or somebody said that it did. @throws the signal's reason */
  async take(turn: Turn, { signal }: Waiting): Promise<'try' | 'taken'> {
    const { host, rivals } = this.#deps
    const score = scoreOf(turn)
    const task = nameOf(turn.task)
    const isNear = host.connections().every(({ address, admitted, relayed }) => !admitted || (!relayed && isNearAddress(address)))
    const plan = planTurn({ self: host.peerId, task, others: rivals(turn.task), first: turn.first, isNear, score })
    if (plan.plan === 'rank') return this.#waitUnlessTaken(turn, waitOf(plan.rank), signal)
    if ((await this.#waitUnlessTaken(turn, plan.bidMs, signal)) === 'taken') return 'taken'
    this.#bid(turn, score)
    if ((await this.#waitUnlessTaken(turn, plan.windowMs - plan.bidMs, signal)) === 'taken') return 'taken'
    const ranked = rankBids(task, new Map([...this.#bidsFor(turn.task), [host.peerId, score]]), turn.first)
    return this.#waitUnlessTaken(turn, waitOf(ranked.indexOf(host.peerId)), signal)
  }

  #bidsFor(task: Task): ReadonlyMap<PeerId, number> {
    const { clock, isMember } = this.#deps
    return new Map([...this.#bids.of(textNameOf(task), clock.monotonic())].filter(([node]) => isMember(node)))
  }

  #bid({ task, load }: Turn, score: number): void {
    const { host, tell } = this.#deps
    if (!isWorthBidding(nameOf(task), { self: host.peerId, score }, this.#bidsFor(task))) return
    const loadShare = Math.round(Math.min(1, Math.max(0, load)) * maxScore)
    tell({ news: 'bid', project: task.project, task: task.key, issueHash: task.issueHash, score, load: loadShare })
  }

  async #waitUnlessTaken({ task, epoch, since }: Turn, ms: number, signal: AbortSignal): Promise<'try' | 'taken'> {
    const name = nameOf(task)
    const isTaken = (): boolean => this.#words.isTaken({ task: name, epoch, since })
    if (isTaken()) return 'taken'
    if (ms <= 0) return 'try'
    const taken = new AbortController()
    const off = this.#events.on('claimed', (claimed) => {
      if (claimed === name && isTaken()) taken.abort()
    })
    try {
      await this.#deps.clock.sleep(ms, { signal: AbortSignal.any([signal, taken.signal]) })
      return 'try'
    } catch (error) {
      if (signal.aborted || !taken.signal.aborted) throw error
      return 'taken'
    } finally {
      off()
    }
  }
}

function nameOf({ project, key }: Task): string {
  return formatTaskName({ project, task: key })
}
