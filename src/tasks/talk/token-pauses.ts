import { createHmac } from 'node:crypto'
import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Clock } from '../../lib/clock.ts'
import type { SharedPauses } from '../forges/shared-pauses.ts'
import { maxForgePauseMs } from '../rules/forge-limits.ts'
import { HeardPauses } from '../rules/heard-pauses.ts'
import { dropOldest } from '../rules/heard.ts'
import type { TaskNews } from './protocol.ts'

export interface TokenPausesDeps {
  readonly hive: HiveId
  readonly clock: Clock
  readonly tell: (news: TaskNews) => void
}

type LimitedNews = Extract<TaskNews, { readonly news: 'limited' }>

/** Longest time by which a pause may end later than was told before and not be told again, in milliseconds. */
const sameEndMs = 1_000
/** Pauses of ours that are remembered as told; the oldest goes. */
const maxTold = 64

/** Pauses that forges ask for, told among the members who have the same token. Which token it is they know by a keyed hash alone. */
export class TokenPauses implements SharedPauses {
  readonly #deps: TokenPausesDeps
  readonly #heard = new HeardPauses()
  /** Until when we said that nothing may be sent. */
  readonly #told = new Map<string, number>()

  constructor(deps: TokenPausesDeps) {
    this.#deps = deps
  }

  readonly tell: SharedPauses['tell'] = ({ forge, token, ms }) => {
    const { hive, clock, tell } = this.#deps
    const mark = markOf(hive, token)
    const key = keyOf(forge, mark)
    const waitMs = Math.min(Math.ceil(ms), maxForgePauseMs)
    const until = clock.monotonic() + waitMs
    if (until <= (this.#told.get(key) ?? 0) + sameEndMs) return
    this.#told.delete(key)
    dropOldest(this.#told, key, maxTold)
    this.#told.set(key, until)
    tell({ news: 'limited', forge, mark, waitMs })
  }

  readonly heard: SharedPauses['heard'] = (forge, token) => {
    const { hive, clock } = this.#deps
    return Math.ceil(this.#heard.leftOf(keyOf(forge, markOf(hive, token)), clock.monotonic()))
  }

  hear({ forge, mark, waitMs }: LimitedNews, by: PeerId): void {
    this.#heard.hear({ key: keyOf(forge, mark), by, ms: waitMs }, this.#deps.clock.monotonic())
  }
}

/** How members of one hive know that they have the same token: 8 bytes of HMAC-SHA256 in hex. Tokens are drawn by forges, and cannot be guessed from it. */
function markOf(hive: HiveId, token: string): string {
  return createHmac('sha256', `althing-forge-pause-v1 ${hive}`).update(token).digest('hex').slice(0, 16)
}

function keyOf(forge: string, mark: string): string {
  return `${forge} ${mark}`
}
