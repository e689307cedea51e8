import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Chance } from '../../src/lib/chance.ts'
import { createSeededChance } from '../../src/lib/chance.ts'
import { openScriptedModels } from '../../src/models/testing/scripted-models.ts'
import type { Owner } from '../../src/tasks/testing/git-server.ts'
import { Spans } from '../sim/claims/spans.ts'
import { createEngineer } from './agent-script.ts'
import type { ChaosForge } from './chaos-forge.ts'
import { openChaosForge } from './chaos-forge.ts'
import { ChaosNode } from './chaos-node.ts'
import type { ChaosVerdict } from './judge-chaos.ts'
import { judgeChaos } from './judge-chaos.ts'
import type { FaultyProxy, ForgeMood } from './faulty-proxy.ts'

export interface ChaosOptions {
  readonly nodes: number
  readonly tasks: number
  /** How long things go wrong. */
  readonly seconds: number
  readonly seed: number
}

export interface ChaosReport extends ChaosVerdict {
  readonly seconds: number
  readonly faults: Readonly<Record<string, number>>
  readonly requests: FaultyProxy['counts']
}

/** What the chaos tells while it goes on. */
export type Say = (line: string) => void

/** Nodes that start or join at once: more would only wait for each other. */
const atOnce = 3
/** Time after the trouble in which all must come to an end, in milliseconds, what each task adds, and each task on each node: they share one machine. */
const calmMs = 180_000
const calmPerTaskMs = 5_000
const calmPerTaskAndNodeMs = 200
const lookMs = 500

/** Leases and looks for so many nodes on one machine: what it can renew and see in time. Fifty that looked each five seconds would do nothing else. */
function timesFor(nodes: number): { readonly ttlSeconds: number; readonly pollMs: number } {
  if (nodes > 25) return { ttlSeconds: 120, pollMs: 20_000 }
  return nodes > 10 ? { ttlSeconds: 30, pollMs: 5_000 } : { ttlSeconds: 10, pollMs: 500 }
}

/** Real nodes do real tasks of a real git server, while nodes are killed and stopped and the forge fails; then the server's own log is judged. */
export async function runChaos(owner: Owner, options: ChaosOptions, say: Say): Promise<ChaosReport> {
  const chance = createSeededChance(options.seed)
  const root = await mkdtemp(join(tmpdir(), 'althing-chaos-'))
  owner.after(() => rm(root, { recursive: true, force: true, maxRetries: 5 }))
  await using models = await openScriptedModels({ reply: createEngineer() })
  const forge = await openChaosForge(owner, chance)
  const nodes = await openNodes(options, { root, models: models.url, say })
  owner.after(() => Promise.all(nodes.map((node) => node.end().catch(() => node.kill()))))
  const url = forge.url
  await forEachOf(nodes, async (node) => void (await node.call('project.add', { url, forge: 'gitea' })))
  say(`${nodes.length} nodes of one hive are ready; ${options.tasks} tasks are asked for, and things go wrong for ${options.seconds} s`)
  const startedAt = Date.now()
  const ready = new Spans<ChaosNode>()
  const answering = new Spans<string>()
  const watching = new AbortController()
  const look = async (): Promise<void> => {
    while (!watching.signal.aborted) {
      for (const node of nodes) ready.note(node, node.state === 'awake', Date.now())
      answering.note('forge', forge.proxy.mood === 'well', Date.now())
      forge.mergeOld()
      await pause(lookMs)
    }
  }
  forge.addTasks(options.tasks)
  for (const node of nodes) node.work()
  const looking = look()
  const faults = await hurt({ nodes, forge, chance, say }, { ...options, ...timesFor(options.nodes) })
  say(`calm after ${seconds(startedAt)} s: ${forge.countOver()} of ${options.tasks} tasks are over`)
  await untilOver(forge, options, say)
  watching.abort()
  await looking
  await Promise.all(nodes.map((node) => node.end()))
  const endsAt = Date.now()
  const sources = { forge, tasks: options.tasks, startedAt, endsAt, ...timesFor(options.nodes) }
  const verdict = await judgeChaos({ ...sources, ready: ready.all(endsAt), answering: answering.all(endsAt) })
  return { ...verdict, seconds: seconds(startedAt), faults, requests: forge.proxy.counts }
}

async function openNodes(
  { nodes: count, tasks }: ChaosOptions,
  { root, models, say }: { readonly root: string; readonly models: string; readonly say: Say },
): Promise<readonly ChaosNode[]> {
  const { ttlSeconds, pollMs } = timesFor(count)
  const settings = {
    ALTHING_TASKS_TTL_SECONDS: String(ttlSeconds),
    ALTHING_TASKS_FORGE_WRITE_GAP_MS: '0',
    ALTHING_TASKS_REMOTE_TIMEOUT_MS: '10000',
    ALTHING_WORKERS_POLL_MS: String(pollMs),
    ALTHING_WORKERS_LOOK_MS: String(2 * pollMs),
    ALTHING_WORKERS_MAX_TASKS: '2',
    ALTHING_WORKERS_TASK_TIMEOUT_MS: '60000',
    ALTHING_WORKERS_SANDBOX: 'none',
    ALTHING_WORKERS_MODEL: 'lab/scripted',
    ALTHING_MODELS_ENDPOINTS: `lab=${models}/v1`,
    ALTHING_SECRET_FORGE_127_0_0_1: 'token-of-a-test',
  }
  const nodes = Array.from({ length: count }, (_, index) => new ChaosNode({ name: `node-${index + 1}`, root, settings }))
  const [first, ...others] = nodes
  if (first === undefined) throw new Error('chaos needs a node at least')
  say(`starting ${count} nodes for ${tasks} tasks under ${root}`)
  await first.start()
  const { code } = await first.call('hive.invite', { uses: Math.max(1, others.length) })
  await forEachOf(others, async (node) => {
    await node.run('hive', 'join', String(code), '--handle', node.name)
    await node.start()
  })
  return nodes
}

interface Trouble {
  readonly nodes: readonly ChaosNode[]
  readonly forge: ChaosForge
  readonly chance: Chance
  readonly say: Say
}

/** Lets things go wrong for a time, and puts all of it right again. Gives what was done. */
async function hurt(
  { nodes, forge, chance, say }: Trouble,
  { seconds: lasts, ttlSeconds }: ChaosOptions & { readonly ttlSeconds: number },
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  const under = new Set<Promise<void>>()
  const between = (low: number, high: number): number => low + chance.fraction() * (high - low)
  const begin = (name: string, work: () => Promise<void>): void => {
    counts[name] = (counts[name] ?? 0) + 1
    say(`  ${name}`)
    const doing = work().finally(() => under.delete(doing))
    under.add(doing)
  }
  const until = Date.now() + lasts * 1_000
  while (Date.now() < until) {
    await pause(Math.min(between(500, 4_000), Math.max(0, until - Date.now())))
    const awake = nodes.filter((node) => node.state === 'awake')
    const node = awake[Math.floor(chance.fraction() * awake.length)]
    const [kind, forMs] = [chance.fraction(), between(1_000, 6_000)]
    if (kind < 0.3 && node !== undefined) begin(`kill -9 ${node.name}`, () => killFor(node, forMs))
    else if (kind < 0.55 && node !== undefined) begin(`stop ${node.name}`, () => stopFor(node, between(0.3, 3) * ttlSeconds * 1_000))
    else if (kind < 0.65 && node !== undefined) begin(`end ${node.name}`, () => endFor(node, forMs))
    else if (forge.proxy.mood === 'well') {
      const moods: readonly ForgeMood[] = ['down', 'slow', 'cut']
      const mood = moods[Math.floor(chance.fraction() * moods.length)] ?? 'down'
      begin(`forge ${mood}`, () => failFor(forge, mood, between(2_000, 8_000)))
    }
  }
  await Promise.all(under)
  const kinds: Record<string, number> = {}
  for (const [name, count] of Object.entries(counts)) {
    const kind = name.replace(/ node-\d+$/, '')
    kinds[kind] = (kinds[kind] ?? 0) + count
  }
  return kinds
}

async function killFor(node: ChaosNode, ms: number): Promise<void> {
  node.kill()
  await pause(ms)
  await node.comeBack()
}

async function endFor(node: ChaosNode, ms: number): Promise<void> {
  await node.end()
  await pause(ms)
  await node.comeBack()
}

async function stopFor(node: ChaosNode, ms: number): Promise<void> {
  node.stop()
  await pause(ms)
  node.goOn()
}

async function failFor({ proxy }: ChaosForge, mood: ForgeMood, ms: number): Promise<void> {
  proxy.mood = mood
  await pause(ms)
  proxy.mood = 'well'
}

/** Waits until every task came to an end, or too long. */
async function untilOver(forge: ChaosForge, { tasks, nodes }: ChaosOptions, say: Say): Promise<void> {
  const until = Date.now() + calmMs + tasks * (calmPerTaskMs + nodes * calmPerTaskAndNodeMs)
  let told = Date.now()
  while (Date.now() < until) {
    const over = forge.countOver()
    if (over === tasks) return
    if (Date.now() - told > 15_000) {
      say(`  ${over} of ${tasks} tasks are over`)
      told = Date.now()
    }
    await pause(1_000)
  }
}

async function forEachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const take = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, take))
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 100) / 10
}
