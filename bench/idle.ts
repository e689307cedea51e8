import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openChild } from './harness/child.ts'
import { compare } from './harness/compare.ts'
import type { Contestant, Figure } from './harness/compare.ts'
import { usageOf } from './harness/process-usage.ts'
import type { ProcessUsage } from './harness/process-usage.ts'
import type { Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openInstalled } from './ours/installed.ts'
import { openRunningNode } from './ours/running-node.ts'
import type { RunningNode } from './ours/running-node.ts'
import { stockDefaults, stockVersions } from './peers/stock-node.ts'

/** What a node costs that has nothing to do. */
export const question: Question = {
  name: 'idle',
  asks: 'How much processor time and memory does a node take that is connected to two others and has nothing to do?',
  ask: async (context) => {
    const { quick, signal } = context
    const sizes = quick ? { settleMs: 3000, spanMs: 5000, rounds: 1 } : { settleMs: 20_000, spanMs: 30_000, rounds: 3 }
    await using ours = await openOurs(signal)
    await using stock = await openStock(signal)
    await sleep(sizes.settleMs, undefined, { signal })
    // both over the same spans: being idle, they do not disturb each other
    const spans: (readonly [ProcessUsage, ProcessUsage])[] = []
    for (let round = 0; round < sizes.rounds; round += 1) {
      context.say(`  span ${round + 1}/${sizes.rounds} of ${sizes.spanMs / 1000} s`)
      spans.push(await measureSpan([ours.pid, stock.pid], sizes.spanMs, signal))
    }
    const ask = (what: string, unit: string, field: keyof ProcessUsage): Promise<readonly Figure[]> => {
      const reader = (name: string, who: 0 | 1): Contestant => ({
        name,
        measure: async (round) => spans[round]?.[who][field] ?? Number.NaN,
      })
      const sides = { ours: reader('althing', 0), peers: [reader('stock libp2p', 1)] }
      return compare(context, { what, unit, ...sides, rounds: sizes.rounds, warmups: 0 })
    }
    return {
      figures: [...(await ask('processor', 's/min', 'cpuSeconds')), ...(await ask('memory (RSS)', 'MiB', 'rssMiB'))],
      conditions: [
        `three processes each, two connected to the one that is measured; ${sizes.settleMs / 1000} s after the last connection, spans of ${sizes.spanMs / 1000} s, from /proc (Linux)`,
        'ours: `althing p2p start` from the published bundle, one hive, HTTP on, mDNS off, default configuration; its peers joined by invite',
        `stock: TCP, noise, yamux, identify, ping, Kademlia as a server, gossipsub on 5 topics, loaded from node_modules: ${stockVersions()}; ${stockDefaults}`,
      ],
    }
  },
}

interface Watched extends AsyncDisposable {
  readonly pid: number
}

/** A node of ours whose two peers joined its hive. */
async function openOurs(signal: AbortSignal): Promise<Watched> {
  await using stack = new AsyncDisposableStack()
  const { launcher } = stack.use(await openInstalled({ signal }))
  const folder = stack.use(await openTemporaryFolder())
  const open = async (name: string): Promise<RunningNode> =>
    stack.use(await openRunningNode({ launcher, home: join(folder.path, name), signal }))
  const ada = await open('ada')
  for (const name of ['bob', 'cy']) {
    const peer = await open(name)
    const invite = await ada.command(['hive', 'invite'])
    await peer.command(['hive', 'join', invite.text('code')])
  }
  await untilConnected(async () => (await ada.command(['p2p', 'status'])).document('connections').number('admitted'), signal)
  const owned = stack.move()
  return { pid: ada.pid, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** A stock node that two others dialled. */
async function openStock(signal: AbortSignal): Promise<Watched> {
  await using stack = new AsyncDisposableStack()
  const [ada, bob, cy] = [openChild('stock-peer', { signal }), openChild('stock-peer', { signal }), openChild('stock-peer', { signal })]
  for (const child of [ada, bob, cy]) stack.use(child)
  const address = (await ada.ask('address')).text('address')
  for (const child of [bob, cy]) await child.ask('dial', { address })
  await untilConnected(async () => (await ada.ask('peers')).number('count'), signal)
  const owned = stack.move()
  return { pid: ada.pid, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function untilConnected(count: () => Promise<number>, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    if ((await count()) >= 2) return
    await sleep(1000, undefined, { signal })
  }
  throw new Error(`a node has ${await count()} peers after 30 s, not 2`)
}

/** Processor seconds per minute over the span, and memory at its end. */
async function measureSpan(
  pids: readonly [number, number],
  spanMs: number,
  signal: AbortSignal,
): Promise<readonly [ProcessUsage, ProcessUsage]> {
  const before = await Promise.all(pids.map(usageOf))
  const startedAt = performance.now()
  await sleep(spanMs, undefined, { signal })
  const after = await Promise.all(pids.map(usageOf))
  const minutes = (performance.now() - startedAt) / 60_000
  const usage = (who: 0 | 1): ProcessUsage => {
    const [start, end] = [before[who], after[who]]
    if (start === undefined || end === undefined) throw new Error('a process was not measured')
    return { cpuSeconds: (end.cpuSeconds - start.cpuSeconds) / minutes, rssMiB: end.rssMiB }
  }
  return [usage(0), usage(1)]
}
