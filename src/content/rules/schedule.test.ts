import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PeerId } from '../../identity/keys.ts'
import { createSeededChance } from '../../lib/chance.ts'
import type { ScheduleEffect, ScheduleInput, ScheduleStep } from './schedule.ts'
import { stepSchedule } from './schedule.ts'
import type { Schedule } from './state.ts'
import { createSchedule, isNeeded } from './state.ts'

const [ada, bob, cy] = ['ada', 'bob', 'cy'] as [PeerId, PeerId, PeerId]
const chunkBytes = 1_000

function open(
  chunks: number,
  here: readonly number[] = [],
  overrides: { readonly maxProviders?: number; readonly start?: number } = {},
): Schedule {
  const options = {
    chunks,
    chunkBytes,
    rangeBlocks: 8,
    parallelRanges: 4,
    stallTimeoutMs: 10_000,
    maxProviders: 16,
    start: 0,
    ...overrides,
  }
  return createSchedule(options, (index) => here.includes(index))
}

type Ask = Extract<ScheduleEffect, { type: 'ask' }>

function asks(step: ScheduleStep): readonly Ask[] {
  return step.effects.filter((effect): effect is Ask => effect.type === 'ask')
}

/** One whole chunk comes and is stored. */
function give(schedule: Schedule, ask: Ask, index: number, now: number): ScheduleStep[] {
  const { peer, range } = ask
  const inputs: ScheduleInput[] = [
    { type: 'piece', peer, bytes: chunkBytes },
    { type: 'block', peer, range, index },
    { type: 'stored', index },
  ]
  return inputs.map((input) => stepSchedule(schedule, input, now))
}

test('an unknown provider is tried with two single chunks, those first that are lacking first', () => {
  const schedule = open(10, [0, 2])
  const step = stepSchedule(schedule, { type: 'join', peer: ada }, 0)
  assert.deepEqual(step, {
    effects: [
      { type: 'ask', peer: ada, range: 1, from: 1, count: 1 },
      { type: 'ask', peer: ada, range: 2, from: 3, count: 1 },
    ],
    wakeAt: 10_000,
    phase: 'working',
  })
})

test('a fetch begins at its start, and comes to what is before it in the end', () => {
  const schedule = open(4, [], { start: 3 })
  const step = stepSchedule(schedule, { type: 'join', peer: ada }, 0)
  assert.deepEqual(
    asks(step).map(({ from }) => from),
    [3, 0],
  )
})

test('ranges grow with the pace of the provider, up to the limit', () => {
  const schedule = open(100)
  const [first] = asks(stepSchedule(schedule, { type: 'join', peer: ada }, 0))
  assert.ok(first !== undefined)
  const steps = give(schedule, first, 0, 10)
  const sizes = steps.flatMap(asks).map(({ count }) => count)
  assert.deepEqual(sizes, [8, 8])
})

test('only what a provider has is asked of it, and what it turns out not to have not again', () => {
  const schedule = open(8)
  const step = stepSchedule(schedule, { type: 'join', peer: ada, blocks: Uint8Array.of(0b0110_0000) }, 0)
  assert.deepEqual(
    asks(step).map(({ from }) => from),
    [5, 6],
  )
  const range = asks(step)[0]?.range ?? 0
  assert.equal(stepSchedule(schedule, { type: 'end', peer: ada, range }, 5).phase, 'working')
  const second = asks(step)[1]?.range ?? 0
  assert.equal(stepSchedule(schedule, { type: 'end', peer: ada, range: second }, 5).phase, 'starved')
  assert.equal(asks(stepSchedule(schedule, { type: 'join', peer: ada, blocks: Uint8Array.of(1) }, 6))[0]?.from, 0)
})

test('a provider with everything that ends a range short is not asked for the rest of it again', () => {
  const schedule = open(1)
  const [ask] = asks(stepSchedule(schedule, { type: 'join', peer: ada }, 0))
  assert.equal(stepSchedule(schedule, { type: 'end', peer: ada, range: ask?.range ?? 0 }, 1).phase, 'starved')
  assert.deepEqual(stepSchedule(schedule, { type: 'join', peer: bob }, 2).effects, [
    { type: 'ask', peer: bob, range: 2, from: 0, count: 1 },
  ])
})

test('a fetch whose chunks are all here is done at the first step', () => {
  assert.equal(stepSchedule(open(2, [0, 1]), { type: 'time' }, 0).phase, 'done')
})

test('no more providers are used than allowed', () => {
  const schedule = open(20, [], { maxProviders: 1 })
  stepSchedule(schedule, { type: 'join', peer: ada }, 0)
  assert.deepEqual(stepSchedule(schedule, { type: 'join', peer: bob }, 0).effects, [])
})

test('F24: what a silent provider was asked for goes to another after twice the median time of a chunk', () => {
  const schedule = open(4)
  const [zero, one] = asks(stepSchedule(schedule, { type: 'join', peer: ada }, 0)) as [Ask, Ask]
  const [two] = asks(stepSchedule(schedule, { type: 'join', peer: bob }, 0)) as [Ask, Ask]
  give(schedule, zero, 0, 400)
  stepSchedule(schedule, { type: 'end', peer: ada, range: zero.range }, 400)
  give(schedule, two, 2, 400)
  stepSchedule(schedule, { type: 'end', peer: bob, range: two.range }, 400)
  give(schedule, one, 1, 800)
  const idle = stepSchedule(schedule, { type: 'end', peer: ada, range: one.range }, 800)
  assert.deepEqual(idle, { effects: [], wakeAt: 1_200, phase: 'working' })
  const step = stepSchedule(schedule, { type: 'time' }, 1_200)
  assert.deepEqual(step.effects, [{ type: 'ask', peer: ada, range: 5, from: 3, count: 1 }])
})

test('F24: a provider is under suspicion while it is silent, and trusted again when it gives', () => {
  const schedule = open(4)
  const adas = asks(stepSchedule(schedule, { type: 'join', peer: ada }, 0))
  assert.equal(adas.length, 2)
  const [first, second] = adas as [Ask, Ask]
  give(schedule, first, 0, 500)
  const step = stepSchedule(schedule, { type: 'join', peer: bob }, 600)
  const [bobs] = asks(step)
  assert.equal(bobs?.from, 3)
  const late = stepSchedule(schedule, { type: 'time' }, 1_500)
  assert.equal(schedule.providers.get(ada)?.isSuspect, true)
  assert.deepEqual(
    asks(late).map(({ peer, from }) => [peer, from]),
    [[bob, 1]],
  )
  assert.deepEqual(schedule.askers.slice(1, 3), Uint8Array.of(1, 0))
  stepSchedule(schedule, { type: 'piece', peer: ada, bytes: 10 }, 1_510)
  assert.equal(schedule.providers.get(ada)?.isSuspect, false)
  assert.deepEqual(schedule.askers.slice(1, 3), Uint8Array.of(2, 1))
  assert.equal(second.from, 1)
})

test('a provider that is silent for the whole stall time loses its ranges, rests longer each time, and is given up', () => {
  const schedule = open(2)
  stepSchedule(schedule, { type: 'join', peer: ada }, 0)
  let now = 0
  const rests: number[] = []
  for (let failure = 1; failure < 5; failure += 1) {
    now += 10_000 * 2 ** Math.min(failure - 1, 3)
    const step = stepSchedule(schedule, { type: 'time' }, now)
    assert.deepEqual(step.effects, [{ type: 'reset', peer: ada }])
    rests.push((step.wakeAt ?? 0) - now)
    now = step.wakeAt ?? 0
    assert.equal(asks(stepSchedule(schedule, { type: 'time' }, now)).length, 2)
  }
  assert.deepEqual(rests, [500, 1_000, 2_000, 4_000])
  const last = stepSchedule(schedule, { type: 'fail', peer: ada }, now + 1)
  assert.deepEqual(last, { effects: [{ type: 'drop', peer: ada, why: 'failed' }], wakeAt: undefined, phase: 'starved' })
})

test('F23: a liar is dropped at once, and its chunk is asked of another', () => {
  const schedule = open(2)
  const [first] = asks(stepSchedule(schedule, { type: 'join', peer: ada }, 0))
  assert.ok(first !== undefined)
  stepSchedule(schedule, { type: 'block', peer: ada, range: first.range, index: 0 }, 5)
  assert.equal(isNeeded(schedule, 0), false)
  assert.deepEqual(stepSchedule(schedule, { type: 'lie', peer: ada, index: 0 }, 6).effects, [{ type: 'drop', peer: ada, why: 'lied' }])
  assert.equal(isNeeded(schedule, 0), true)
  assert.equal(asks(stepSchedule(schedule, { type: 'join', peer: bob }, 7))[0]?.from, 0)
})

test('a lie of one that left meanwhile still reopens the chunk', () => {
  const schedule = open(2)
  const [first] = asks(stepSchedule(schedule, { type: 'join', peer: ada }, 0))
  stepSchedule(schedule, { type: 'block', peer: ada, range: first?.range ?? 0, index: 0 }, 5)
  stepSchedule(schedule, { type: 'leave', peer: ada }, 6)
  stepSchedule(schedule, { type: 'lie', peer: ada, index: 0 }, 7)
  assert.equal(isNeeded(schedule, 0), true)
})

test('at the end an idle provider doubles what would come last from a slower one, and the slower one is freed when it is not needed', () => {
  const schedule = open(4)
  const [adas] = asks(stepSchedule(schedule, { type: 'join', peer: ada }, 0))
  const [bobs] = asks(stepSchedule(schedule, { type: 'join', peer: bob }, 0))
  assert.ok(adas !== undefined && bobs !== undefined)
  give(schedule, bobs, 2, 20)
  const bobsSecond = schedule.providers.get(bob)?.ranges[1]?.id ?? 0
  stepSchedule(schedule, { type: 'end', peer: bob, range: bobs.range }, 20)
  const steps = give(schedule, { ...bobs, range: bobsSecond }, 3, 40)
  const ended = stepSchedule(schedule, { type: 'end', peer: bob, range: bobsSecond }, 40)
  const doubled = [...steps.flatMap(asks), ...asks(ended)]
  assert.deepEqual(
    doubled.map(({ peer, from, count }) => [peer, from, count]),
    [[bob, 1, 1]],
  )
  const after = give(schedule, doubled[0] as Ask, 1, 60).flatMap(({ effects }) => effects)
  assert.deepEqual(after, [])
  const bobsThird = stepSchedule(schedule, { type: 'end', peer: bob, range: doubled[0]?.range ?? 0 }, 60)
  assert.deepEqual(
    asks(bobsThird).map(({ peer, from }) => [peer, from]),
    [[bob, 0]],
  )
  const last = give(schedule, asks(bobsThird)[0] as Ask, 0, 80)
  assert.deepEqual(last[1]?.effects, [{ type: 'reset', peer: ada }])
  assert.equal(last[2]?.phase, 'done')
})

test('what comes of a range that was given up, out of turn, or from nobody known changes nothing', () => {
  const schedule = open(4)
  const [first] = asks(stepSchedule(schedule, { type: 'join', peer: ada }, 0))
  stepSchedule(schedule, { type: 'block', peer: ada, range: 99, index: 0 }, 1)
  stepSchedule(schedule, { type: 'block', peer: ada, range: first?.range ?? 0, index: 3 }, 1)
  stepSchedule(schedule, { type: 'block', peer: cy, range: 1, index: 0 }, 1)
  stepSchedule(schedule, { type: 'end', peer: ada, range: 99 }, 1)
  assert.deepEqual(schedule.status, new Uint8Array(4))
})

/** Providers that give, stall, lie, break and leave as chance says. */
function play(seed: number, chunks: number): { readonly schedule: Schedule; readonly stored: readonly number[]; readonly ended: boolean } {
  const chance = createSeededChance(seed)
  const schedule = open(chunks)
  const queues = new Map<PeerId, { range: number; index: number; to: number }[]>()
  const stored: number[] = []
  const writing: { readonly peer: PeerId; readonly index: number; readonly isLie: boolean }[] = []
  let now = 0
  let phase = 'working' as ScheduleStep['phase']
  const phaseNow = (): ScheduleStep['phase'] => phase
  const step = (input: ScheduleInput): void => {
    const result = stepSchedule(schedule, input, now)
    phase = result.phase
    for (const effect of result.effects) {
      if (effect.type !== 'ask') queues.delete(effect.peer)
      else {
        const queue = queues.get(effect.peer) ?? []
        queue.push({ range: effect.range, index: effect.from, to: effect.from + effect.count })
        queues.set(effect.peer, queue)
      }
    }
  }
  const turn = (peer: PeerId): void => {
    const head = queues.get(peer)?.[0]
    const luck = chance.fraction()
    if (head === undefined || luck < 0.1) return step({ type: 'time' })
    if (luck < 0.13) {
      queues.delete(peer)
      return step({ type: 'fail', peer })
    }
    if (luck < 0.15) {
      queues.delete(peer)
      step({ type: 'leave', peer })
      return step({ type: 'join', peer })
    }
    step({ type: 'piece', peer, bytes: chunkBytes })
    const wasNeeded = isNeeded(schedule, head.index)
    const index = head.index
    head.index += 1
    step({ type: 'block', peer, range: head.range, index })
    if (wasNeeded && !isNeeded(schedule, index)) writing.push({ peer, index, isLie: peer === cy && luck > 0.9 })
    if (head.index === head.to && queues.get(peer)?.[0] === head) {
      queues.get(peer)?.shift()
      step({ type: 'end', peer, range: head.range })
    }
  }
  for (const peer of [ada, bob, cy]) step({ type: 'join', peer })
  for (let round = 0; round < 20_000 && phaseNow() !== 'done'; round += 1) {
    now += chance.fraction() * 400
    turn([ada, bob, cy][Math.floor(chance.fraction() * 3)] as PeerId)
    const written = chance.fraction() < 0.8 ? writing.shift() : undefined
    if (written !== undefined && written.isLie) step({ type: 'lie', peer: written.peer, index: written.index })
    else if (written !== undefined) {
      stored.push(written.index)
      step({ type: 'stored', index: written.index })
    }
    if (phaseNow() === 'starved') for (const peer of [ada, bob]) step({ type: 'join', peer })
  }
  return { schedule, stored, ended: phaseNow() === 'done' }
}

test('whatever providers do, every chunk is stored exactly once, and the fetch ends', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, chunks) => {
      const { stored, ended } = play(seed, chunks)
      assert.ok(ended)
      assert.deepEqual(
        stored.toSorted((a, b) => a - b),
        Array.from({ length: chunks }, (_, index) => index),
      )
    }),
    { numRuns: 150 },
  )
})

test('F9: whose bytes wait for our own disk is neither suspected nor given up, and is watched again afterwards', () => {
  const schedule = open(100)
  const [first] = asks(stepSchedule(schedule, { type: 'join', peer: ada }, 0))
  assert.ok(first !== undefined)
  give(schedule, first, 0, 10)
  stepSchedule(schedule, { type: 'join', peer: bob }, 10)
  stepSchedule(schedule, { type: 'leave', peer: bob }, 10)
  stepSchedule(schedule, { type: 'hold', peer: ada }, 20)
  const late = stepSchedule(schedule, { type: 'time' }, 60_000)
  assert.deepEqual([late.effects, late.wakeAt], [[], undefined])
  assert.equal(schedule.providers.get(ada)?.isSuspect, false)
  const released = stepSchedule(schedule, { type: 'release', peer: ada }, 60_000)
  assert.ok(released.wakeAt !== undefined && released.wakeAt > 60_000 && released.wakeAt <= 70_000, `${released.wakeAt}`)
  stepSchedule(schedule, { type: 'release', peer: ada }, 60_001)
  stepSchedule(schedule, { type: 'time' }, 72_000)
  assert.notEqual(schedule.providers.get(ada)?.failures, 0)
})
