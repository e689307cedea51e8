import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../../lib/chance.ts'
import { untilAborted } from '../../lib/deadline.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { tasksFaults } from '../faults.ts'
import type { GitRemote } from '../git/remote.ts'
import { hold, openNode } from '../testing/claim-bench.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'
import type { ClaimHolder } from './holder.ts'

const { signal } = new AbortController()

/** How a line is. `silent`: what is asked is never answered. */
interface Line {
  state: 'good' | 'broken' | 'silent'
}

/** A claim that is held over a line that can be made bad, in virtual time; and when it was pushed. */
async function openLine(): Promise<{
  readonly clock: VirtualClock
  readonly line: Line
  readonly holder: ClaimHolder
  readonly pushes: number[]
}> {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const real = createMemoryServer({ clock }, { latencyMs: 5 }).connect('ada')
  const line: Line = { state: 'good' }
  const pushes: number[] = []
  const over = <T>(ask: () => Promise<T>, waiting: { readonly signal: AbortSignal }): Promise<T> => {
    if (line.state === 'good') return ask()
    if (line.state === 'broken') return Promise.reject(tasksFaults.create('REMOTE_UNREACHABLE', { message: 'broken by the test' }))
    return untilAborted(new Promise<never>(() => {}), waiting.signal)
  }
  const remote: GitRemote = {
    ...real,
    push: (request, waiting) => {
      pushes.push(clock.monotonic())
      return over(() => real.push(request, waiting), waiting)
    },
    listRefs: (prefixes, waiting) => over(() => real.listRefs(prefixes, waiting), waiting),
  }
  const node = openNode('', { remote })
  const holder = await clock.run(hold({ ...node, clock: { ...node.clock, ...clock }, chance: createSeededChance(1) }))
  pushes.length = 0
  return { clock, line, holder, pushes }
}

test('F12: over a line that breaks a move is tried less and less often, and is taken when the line is back', async () => {
  const { clock, line, holder, pushes } = await openLine()
  line.state = 'broken'
  const renewing = holder.renew({ signal })
  await clock.advance(40_000)
  // without a growing pause it would be thousands
  assert.ok(pushes.length >= 4 && pushes.length <= 8, `${pushes.length} pushes`)
  const gaps = pushes.slice(1).map((at, index) => at - (pushes[index] ?? 0))
  for (const [index, gap] of gaps.slice(1).entries()) assert.ok(gap > (gaps[index] ?? 0), gaps.join(' ms, '))
  line.state = 'good'
  assert.equal((await clock.run(renewing)).result, 'accepted')
})

test('F19: a renewal that nobody answers ends with the work that the lease leaves, and while work is paused within the margin', async () => {
  const { clock, line, holder } = await openLine()
  const { ttlMs, marginMs } = holder.times
  line.state = 'silent'
  const ended: number[] = []
  const renew = async (): Promise<void> => {
    assert.equal((await holder.renew({ signal })).result, 'unknown')
    ended.push(clock.monotonic())
  }
  const since = clock.monotonic()
  void renew()
  await clock.advance(ttlMs - marginMs + 1)
  assert.equal(holder.mode, 'paused')
  assert.equal(ended.length, 1)
  void renew()
  await clock.advance(marginMs + 1)
  assert.equal(ended.length, 2)
  assert.ok(clock.monotonic() - since < ttlMs + 10)
})
