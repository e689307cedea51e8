import type { Clock } from '../lib/clock.ts'
import type { Fault } from '../lib/fault.ts'
import type { Database, Reader, Transaction } from '../store/database.ts'
import { modelsFaults } from './faults.ts'
import type { MinuteCall } from './minute-window.ts'
import { MinuteWindow } from './minute-window.ts'
import type { Limit, Spending, SpendVerdict } from './rules/limits.ts'
import { formatLimit, judgeSpending, startOfPeriod, sumSpending } from './rules/limits.ts'

/** What a call may take at the most, written down before it is sent. */
export interface Reservation {
  /** Puts what the call took in place of what it could have. One that is never settled counts in full: what became of the call is not known. */
  readonly settle: (took: Spending) => Promise<void>
  /** Takes it back: nothing was sent. */
  readonly cancel: () => Promise<void>
}

export interface ReserveRequest {
  /** `ENDPOINT/MODEL`. */
  readonly model: string
  /** Calls for one task count together. */
  readonly task: string
  readonly wanted: Spending
}

/** What was spent on models, on disk; limits hold over restarts. */
export interface SpendLedger {
  /**
   * Writes down what a call may take, once every limit has room; waits for the next minute where one says so.
   *
   * @throws Fault BUDGET_SPENT; the signal's reason
   */
  readonly reserve: (request: ReserveRequest, options: { readonly signal: AbortSignal }) => Promise<Reservation>
  /** What counts against each limit that is not of one call or task now. */
  readonly status: () => readonly { readonly limit: Limit; readonly spent: Spending }[]
  /** The limit of a day or month that a call of this size would go past now, which is no task's doing; undefined while there is room. */
  readonly findSpent: (request: Pick<ReserveRequest, 'model' | 'wanted'>) => Fault | undefined
  /** What was spent for one task. */
  readonly spentFor: (task: string) => Spending
}

/** A clock that is put back by more than this was wrong before, in milliseconds. */
const maxAheadMs = 12 * 3_600_000
/** Calls older than two months are of no limit any more, in milliseconds. */
const keepMs = 62 * 86_400_000

/** Opens the ledger in the home's database. A node has one: calls of the last minute are counted here, and those of a run before are read. */
export function createSpendLedger(
  deps: { readonly database: Database; readonly clock: Clock },
  options: { readonly limits: readonly Limit[] },
): SpendLedger {
  const { database, clock } = deps
  const minute = new MinuteWindow(deps)
  const spentOf = (reader: Reader, limit: Limit, task: string): Spending => {
    if (limit.period === 'minute') return minute.spent(limit)
    if (limit.period === 'task') return readSpending(reader, { task, model: limit.model })
    const until = clock.now() + maxAheadMs
    return readSpending(reader, { since: startOfPeriod(limit.period, wallTime(reader, clock)), until, model: limit.model })
  }

  const tryReserve = async (request: ReserveRequest): Promise<Tried> => {
    const { model, task, wanted } = request
    const call: MinuteCall = { at: clock.monotonic(), model, spending: wanted }
    const write = database.write((tx): Tried => {
      bringBack(tx, clock)
      const verdict = judgeSpending({ model, wanted, limits: options.limits, spentOf: (limit) => spentOf(tx, limit, task) })
      if (verdict.verdict !== 'allowed') return { verdict }
      // counted before the commit: calls that share one see each other
      minute.add(call)
      const at = wallTime(tx, clock)
      tx.run('delete from model_call where at < ?', at - keepMs)
      const row = tx.get<{ readonly id: number }>(
        'insert into model_call (at, model, task, usd, tokens, is_settled) values (?, ?, ?, ?, ?, 0) returning id',
        at,
        model,
        task,
        wanted.usd,
        wanted.tokens,
      )
      if (row === undefined) throw new Error('an insert returned no row')
      return { verdict, id: row.id, call }
    })
    try {
      return await write
    } catch (error) {
      minute.forget(call)
      throw error
    }
  }

  return {
    reserve: async (request, { signal }) => {
      for (;;) {
        signal.throwIfAborted()
        const tried = await tryReserve(request)
        if (tried.verdict.verdict === 'refused') throw spentFault(request, tried.verdict)
        if (!('call' in tried)) {
          await clock.sleep(minute.roomInMs, { signal })
          continue
        }
        const { id, call } = tried
        return {
          settle: async (took) => {
            call.spending = took
            await database.write((tx) =>
              tx.run('update model_call set usd = ?, tokens = ?, is_settled = 1 where id = ?', took.usd, took.tokens, id),
            )
          },
          cancel: async () => {
            minute.forget(call)
            await database.write((tx) => tx.run('delete from model_call where id = ?', id))
          },
        }
      }
    },
    status: () =>
      options.limits
        .filter(({ period }) => period === 'day' || period === 'month' || period === 'minute')
        .map((limit) => ({ limit, spent: spentOf(database, limit, '') })),
    findSpent: (request) => {
      const limits = options.limits.filter(({ period }) => startOfPeriod(period, 0) !== undefined)
      const verdict = judgeSpending({ ...request, limits, spentOf: (limit) => spentOf(database, limit, '') })
      return verdict.verdict === 'refused' ? spentFault(request, verdict) : undefined
    },
    spentFor: (task) => readSpending(database, { task, model: undefined }),
  }
}

type Tried = { readonly verdict: SpendVerdict } | { readonly verdict: SpendVerdict; readonly id: number; readonly call: MinuteCall }

/** Never before what was written down last: a clock put back does not open a spent day again. */
function wallTime(reader: Reader, clock: Clock): number {
  const [now, newest] = [clock.now(), reader.get<{ readonly at: number | null }>('select max(at) as at from model_call')?.at ?? 0]
  return newest > now + maxAheadMs ? now : Math.max(now, newest)
}

/** What a clock wrote down that was wrong by far counts as of now: it is spent, and would else stay spent until that day came. */
function bringBack(tx: Transaction, clock: Clock): void {
  const now = clock.now()
  tx.run('update model_call set at = ? where at > ?', now, now + maxAheadMs)
}

interface SpendFilter {
  readonly since?: number | undefined
  readonly until?: number
  readonly task?: string
  readonly model: string | undefined
}

function readSpending(reader: Reader, { since, until, task, model }: SpendFilter): Spending {
  const row = reader.get<{ readonly usd: number; readonly tokens: number; readonly requests: number }>(
    `select coalesce(sum(usd), 0) as usd, coalesce(sum(tokens), 0) as tokens, count(*) as requests from model_call
     where at >= ? and at <= ? and (? is null or task = ?) and (? is null or model = ?)`,
    since ?? 0,
    until ?? Number.MAX_SAFE_INTEGER,
    task ?? null,
    task ?? null,
    model ?? null,
    model ?? null,
  )
  return sumSpending(row === undefined ? [] : [row])
}

function spentFault(
  request: Pick<ReserveRequest, 'model'>,
  { limit, spent, wanted }: Extract<SpendVerdict, { readonly verdict: 'refused' }>,
): Fault {
  const shown = (amount: number): string => (limit.unit === 'usd' ? `$${(amount / 1_000_000).toFixed(2)}` : `${amount} ${limit.unit}`)
  return modelsFaults.create('BUDGET_SPENT', {
    message: `a call of ${request.model} could take ${shown(wanted)}, and ${shown(spent)} of "${formatLimit(limit)}" is spent; it was not sent. Raise the limit in [models] limits, or wait for the next ${limit.period}`,
    data: { model: request.model, limit: formatLimit(limit), period: limit.period, wanted, spent, allowed: limit.amount },
  })
}
