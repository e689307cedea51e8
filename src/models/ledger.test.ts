import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { openDatabase } from '../store/database.ts'
import { createSpendLedger } from './ledger.ts'
import type { SpendLedger } from './ledger.ts'
import { parseLimit } from './rules/limits.ts'
import type { Limit } from './rules/limits.ts'

const { signal } = new AbortController()
const limitsOf = (...texts: readonly string[]): readonly Limit[] => texts.map(parseLimit).filter((limit) => limit !== undefined)
const reserve = (ledger: SpendLedger, tokens: number, model = 'lab/a') =>
  ledger.reserve({ model, task: 't', wanted: { usd: 0, tokens, requests: 1 } }, { signal })

test('a call that nobody settled counts in full after a restart, one that was settled as what it took', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const clock = createVirtualClock({ startsAt: Date.UTC(2026, 0, 1) })
  const before = createSpendLedger({ database, clock }, { limits: [] })
  await reserve(before, 100)
  await (await reserve(before, 100)).settle({ usd: 7, tokens: 30, requests: 1 })
  const after = createSpendLedger({ database, clock }, { limits: limitsOf('day tokens=200') })
  assert.deepEqual(after.spentFor('t'), { usd: 7, tokens: 130, requests: 2 })
  await assert.rejects(reserve(after, 71), { code: 'BUDGET_SPENT' })
})

test('calls at once cannot spend one budget twice', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const ledger = createSpendLedger({ database, clock: createVirtualClock({ startsAt: 0 }) }, { limits: limitsOf('day tokens=250') })
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => reserve(ledger, 100)))
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2)
})

test('F17: a clock put back does not open a spent day again, and the next day does', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const at = (now: number) =>
    createSpendLedger({ database, clock: createVirtualClock({ startsAt: now }) }, { limits: limitsOf('day tokens=100') })
  await reserve(at(Date.UTC(2026, 0, 2, 12)), 100)
  await assert.rejects(reserve(at(Date.UTC(2026, 0, 1, 12)), 100), { code: 'BUDGET_SPENT' })
  await reserve(at(Date.UTC(2026, 0, 3)), 100)
})

test('F17: a clock that was far ahead once leaves its calls in the day on which it was mended, and no later one', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const at = (now: number) =>
    createSpendLedger({ database, clock: createVirtualClock({ startsAt: now }) }, { limits: limitsOf('day tokens=100') })
  await reserve(at(Date.UTC(2030, 0, 1)), 100)
  assert.equal(at(Date.UTC(2026, 0, 2)).findSpent({ model: 'lab/a', wanted: { usd: 0, tokens: 1, requests: 1 } }), undefined)
  await assert.rejects(reserve(at(Date.UTC(2026, 0, 2)), 1), { code: 'BUDGET_SPENT' })
  await reserve(at(Date.UTC(2026, 0, 3)), 100)
  assert.equal(at(Date.UTC(2026, 0, 3)).status()[0]?.spent.tokens, 100)
})

test('the limit of one model counts its calls alone', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const ledger = createSpendLedger(
    { database, clock: createVirtualClock({ startsAt: 0 }) },
    { limits: limitsOf('day tokens=100 model=lab/a') },
  )
  await reserve(ledger, 100)
  await reserve(ledger, 100, 'lab/b')
  await assert.rejects(reserve(ledger, 1), { code: 'BUDGET_SPENT' })
})

test('a full minute is waited for until its oldest call is a minute old', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const clock = createVirtualClock({ startsAt: 0 })
  const ledger = createSpendLedger({ database, clock }, { limits: limitsOf('minute requests=1') })
  await reserve(ledger, 1)
  let isThrough = false
  const waiting = reserve(ledger, 1).then(() => (isThrough = true))
  await clock.advance(59_000)
  assert.equal(isThrough, false)
  await clock.advance(2_000)
  await waiting
  assert.deepEqual(
    ledger.status().map(({ spent }) => spent.requests),
    [1],
  )
})

test('calls at once, whose reservations share one commit, do not pass a limit of a minute together', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const clock = createVirtualClock({ startsAt: 0 })
  const ledger = createSpendLedger({ database, clock }, { limits: limitsOf('minute requests=2') })
  let through = 0
  const waiting = Promise.all(Array.from({ length: 5 }, () => reserve(ledger, 1).then(() => (through += 1))))
  await clock.advance(1_000)
  assert.equal(through, 2)
  await clock.advance(120_000)
  await waiting
})

test('a node that was started anew still counts what it asked within the last minute, and no longer', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const limits = limitsOf('minute requests=1')
  const startsAt = Date.UTC(2026, 0, 1)
  await reserve(createSpendLedger({ database, clock: createVirtualClock({ startsAt }) }, { limits }), 1)
  const clock = createVirtualClock({ startsAt: startsAt + 40_000 })
  const after = createSpendLedger({ database, clock }, { limits })
  assert.deepEqual(
    after.status().map(({ spent }) => spent.requests),
    [1],
  )
  let isThrough = false
  const waiting = reserve(after, 1).then(() => (isThrough = true))
  await clock.advance(19_000)
  assert.equal(isThrough, false)
  await clock.advance(2_000)
  await waiting
})

test('F17: what was asked before the clock was put back holds up nothing for longer than a minute', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const limits = limitsOf('minute requests=1')
  await reserve(createSpendLedger({ database, clock: createVirtualClock({ startsAt: Date.UTC(2026, 0, 2) }) }, { limits }), 1)
  const clock = createVirtualClock({ startsAt: Date.UTC(2026, 0, 1) })
  const waiting = reserve(createSpendLedger({ database, clock }, { limits }), 1)
  await clock.advance(61_000)
  await waiting
})

test('the limit of a day that is spent is told before anything is asked for, and that of a task is not', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const clock = createVirtualClock({ startsAt: 0 })
  const ledger = createSpendLedger({ database, clock }, { limits: limitsOf('task tokens=10', 'minute tokens=1', 'day tokens=100') })
  const wanted = { usd: 0, tokens: 60, requests: 1 }
  assert.equal(ledger.findSpent({ model: 'lab/a', wanted }), undefined)
  const other = createSpendLedger({ database, clock }, { limits: [] })
  await reserve(other, 50)
  const spent = ledger.findSpent({ model: 'lab/a', wanted })
  assert.deepEqual([spent?.code, spent?.data['period'], spent?.data['spent']], ['BUDGET_SPENT', 'day', 50])
})
