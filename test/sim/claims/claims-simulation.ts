import { createHash } from 'node:crypto'
import type { SigningKey } from '../../../src/identity/keys.ts'
import { openSigningKey } from '../../../src/identity/keys.ts'
import { encodeText } from '../../../src/lib/bytes.ts'
import type { Chance } from '../../../src/lib/chance.ts'
import { createSeededChance } from '../../../src/lib/chance.ts'
import { hashBytes } from '../../../src/lib/cid.ts'
import type { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { HistoryVerdict } from '../../../src/tasks/rules/check-history.ts'
import { checkHistory } from '../../../src/tasks/rules/check-history.ts'
import type { TaskKey } from '../../../src/tasks/task.ts'
import { taskKeyOfIssue } from '../../../src/tasks/task.ts'
import { untilMerged } from '../../../src/tasks/testing/read-ref-log.ts'
import { testHiveId, testProject } from '../../../src/tasks/testing/test-names.ts'
import type { WorkerHolding } from '../../../src/workers/worker-news.ts'
import { openDisk } from '../disk.ts'
import type { ClaimsScript } from './claims-script.ts'
import { drawClaimsScript } from './claims-script.ts'
import { inflict } from './inflict.ts'
import { createSharedReader } from './shared-reader.ts'
import type { WorkPlan } from './scripted-work.ts'
import { simGraceMs, simTtlSeconds } from './sim-claims-options.ts'
import { SimForge } from './sim-forge.ts'
import { SimGossip } from './sim-gossip.ts'
import type { ServerMood } from './sim-line.ts'
import { SimMachine } from './sim-machine.ts'
import { SimServer } from './sim-server.ts'
import { Spans } from './spans.ts'

export interface ClaimsSimulationOptions {
  readonly nodes: number
  readonly tasks: number
  readonly seed: number
  readonly isTroubled: boolean
  /** What happens; drawn from the seed where it is not said. */
  readonly script?: ClaimsScript
}

export interface ClaimsReport {
  /** Hash of every push that came to the server, what became of it, and when. The same seed gives the same. */
  readonly trace: string
  /** What does not hold; empty is good. */
  readonly violations: readonly string[]
  readonly virtualSeconds: number
  readonly faults: Readonly<Record<string, number>>
  /** Commits with which a claim or takeover was tried, whether or not it was won. */
  readonly tries: number
  /** Pushes that came to the server, by the kind of their first link. */
  readonly pushes: Readonly<Record<string, number>>
  readonly holdings: number
  /** Tasks that were held exactly once. */
  readonly once: number
  readonly gossiped: number
  readonly forgeRequests: number
}

const startsAt = 1_760_000_000_000
/** A person merges a pull request after so long, in milliseconds. */
const mergeAfterMs = 30_000
const stepMs = 1_000

/** Real workers, desks, ledgers and holders around a simulated git server and forge, with what goes wrong drawn from the seed. */
export class ClaimsSimulation {
  readonly #options: ClaimsSimulationOptions
  readonly #world: VirtualClock = createVirtualClock({ startsAt })
  readonly #chance: Chance
  readonly #script: ClaimsScript
  readonly #server = new SimServer(this.#world)
  readonly #forge = new SimForge(this.#world, this.#server)
  readonly #gossip: SimGossip
  readonly #reader = createSharedReader()
  readonly #mood: ServerMood = { isDown: false, refusals: 0, pretences: 0, lagMs: 0, glitches: 0 }
  readonly #machines: SimMachine[] = []
  readonly #trace = createHash('sha256')
  readonly #violations: string[] = []
  readonly #plans = new Map<TaskKey, WorkPlan>()
  readonly #asked = new Map<TaskKey, number>()
  /** Who lets an agent work on a task now. */
  readonly #atWork = new Map<TaskKey, Map<WorkerHolding, SimMachine>>()
  readonly #ready = new Spans<SimMachine>()
  readonly #answering = new Spans<SimServer>()

  constructor(options: ClaimsSimulationOptions) {
    this.#options = options
    this.#chance = createSeededChance(options.seed)
    this.#script = options.script ?? drawClaimsScript(this.#chance, options)
    this.#gossip = new SimGossip({ world: this.#world, chance: this.#chance })
    this.#server.watch = (line) => this.#trace.update(`${this.#world.monotonic()} ${line}\n`)
  }

  /** Runs until everything is over and gives what came of it. */
  async run(): Promise<ClaimsReport> {
    await this.#startAll()
    const { faults, tasks, calmAt, endsAt } = this.#script
    const steps = [
      ...tasks.map((at) => ({ at, work: () => this.#ask() })),
      ...faults.map((fault) => ({ at: fault.at, work: () => this.#hurt(fault) })),
    ].toSorted((a, b) => a.at - b.at)
    for (let now = 0; now < endsAt; now += stepMs) {
      while ((steps[0]?.at ?? Infinity) <= now) steps.shift()?.work()
      if (now >= calmAt && steps.length === 0 && this.#isOver()) break
      await this.#world.advance(stepMs)
      this.#look()
    }
    const verdict = this.#judge()
    for (const machine of this.#machines) await machine.close()
    return this.#report(verdict)
  }

  async #startAll(): Promise<void> {
    for (let index = 0; index < this.#options.nodes; index++) await this.#openMachine(`node ${index}`, this.#keyOf(index))
    // nobody starts at the same moment
    for (const machine of this.#machines) this.#world.schedule(this.#chance.fraction() * 2_000, () => machine.start())
  }

  async #openMachine(name: string, key: SigningKey): Promise<SimMachine> {
    const chance = createSeededChance(this.#options.seed * 1_000 + this.#machines.length)
    const machine = new SimMachine(
      {
        world: this.#world,
        chance,
        server: this.#server,
        forge: this.#forge,
        gossip: this.#gossip,
        reader: this.#reader,
        mood: this.#mood,
        planOf: (held) => this.#planOf(held),
        watch: { begin: (own, held) => this.#beginWork(own, held), end: (_, held) => this.#endWork(held) },
        failed: (reason) => this.#violations.push(`${name} ended by a bug: ${String(reason)}`),
      },
      { name, key },
      await openDisk([], { isMarked: false }),
    )
    this.#machines.push(machine)
    return machine
  }

  #keyOf(index: number): SigningKey {
    return openSigningKey(hashBytes(encodeText(`simulated worker ${index} of seed ${this.#options.seed}`)))
  }

  #ask(): void {
    const task = taskKeyOfIssue(this.#forge.addIssue())
    this.#asked.set(task, this.#world.monotonic())
    const fraction = this.#options.isTroubled ? this.#chance.fraction() : 1
    const fault = fraction < 0.05 ? 'hangs' : fraction < 0.12 ? 'fails' : undefined
    // most of it is short, and some takes longer than two leases
    const drawnMs = 5_000 + this.#chance.fraction() ** 3 * 150_000
    this.#plans.set(task, { workMs: this.#script.workMs ?? drawnMs, fault })
  }

  #planOf({ task, holder }: WorkerHolding): WorkPlan {
    const plan = this.#plans.get(task.key)
    if (plan === undefined) throw new Error(`nobody asked for ${task.key}`)
    return holder.terms.epoch === 1 ? plan : { ...plan, fault: undefined }
  }

  #hurt(fault: ClaimsScript['faults'][number]): void {
    const hurting = inflict(fault, {
      world: this.#world,
      machines: this.#machines,
      server: this.#server,
      gossip: this.#gossip,
      mood: this.#mood,
      openTwin: async (index) => this.#openMachine(`twin of node ${index}`, this.#keyOf(index)),
    })
    hurting.catch((error: unknown) => this.#violations.push(`a fault was not carried out: ${String(error)}`))
  }

  /** Nobody lets an agent work while another does, as far as the server keeps its word. @see docs/protocols/claims.md §4 */
  #beginWork(machine: SimMachine, held: WorkerHolding): void {
    if (this.#server.betrayed.has(`refs/althing/claims/${held.task.key}`)) return
    const now = this.#atWork.get(held.task.key) ?? new Map<WorkerHolding, SimMachine>()
    this.#atWork.set(held.task.key, now)
    for (const [other, at] of now) {
      if (other === held || !at.isAwake || at === machine) continue
      this.#violations.push(
        `${held.task.key}: ${machine.name} works under epoch ${held.holder.terms.epoch} while ${at.name} works under ${other.holder.terms.epoch}`,
      )
    }
    now.set(held, machine)
  }

  #endWork(held: WorkerHolding): void {
    this.#atWork.get(held.task.key)?.delete(held)
  }

  /** What is looked at each second: who is ready, whether the server answers; and what people do. */
  #look(): void {
    const now = this.#world.monotonic()
    const { isDown, refusals, pretences, lagMs, glitches } = this.#mood
    for (const machine of this.#machines) this.#ready.note(machine, machine.isReady, now)
    this.#answering.note(this.#server, !isDown && refusals === 0 && pretences === 0 && lagMs === 0 && glitches === 0, now)
    this.#forge.mergeOlderThan(mergeAfterMs)
  }

  #isOver(): boolean {
    return this.#forge.pulls().length >= this.#asked.size && this.#unfinished().length === 0
  }

  /** Tasks that were never done, or are open again. Of what was done nobody looks at a ref that a backup brought back. */
  #unfinished(): readonly TaskKey[] {
    return [...this.#asked.keys()].filter((task) => {
      const name = `refs/althing/claims/${task}`
      const value = this.#server.ref(name)
      const isOver = value === undefined || this.#server.links.get(value)?.document?.kind === 'done' || this.#server.betrayed.has(name)
      return !this.#server.done.has(name) || !isOver
    })
  }

  #judge(): HistoryVerdict {
    const [endsAt, pulls] = [this.#world.monotonic(), this.#forge.pulls()]
    return checkHistory({
      hive: testHiveId,
      project: testProject,
      steps: this.#server.steps,
      links: this.#server.links,
      isAncestor: (ancestor, id) => this.#server.isAncestor(ancestor, id),
      unknownTtlMs: simTtlSeconds * 1_000,
      pulls,
      wanted: [...this.#asked].map(([task, from]) => ({ task, from, until: untilMerged(pulls, task, endsAt) })),
      answering: this.#answering.all(endsAt),
      ready: this.#ready.all(endsAt).map(({ of, from, until }) => ({ node: of.name, from, until })),
      graceMs: simGraceMs,
      endsAt,
    })
  }

  #report({ violations, tasks }: HistoryVerdict): ClaimsReport {
    const faults: Record<string, number> = {}
    for (const { type } of this.#script.faults) faults[type] = (faults[type] ?? 0) + 1
    const pulls = this.#forge.pulls()
    for (const task of this.#asked.keys()) {
      const count = pulls.filter((pull) => pull.task === task).length
      if (count === 0) this.#violations.push(`${task} has no pull request`)
      // two that are open at once are G3's; nobody here wants again what was merged, but whoever never saw a claim that a backup took back
      if (count > 1 && !this.#server.betrayed.has(`refs/althing/claims/${task}`)) this.#violations.push(`${task} was done ${count} times`)
    }
    for (const task of this.#unfinished()) this.#violations.push(`${task} is not over: ${tasks.get(task)?.end?.holding?.kind}`)
    const holdings = [...tasks.values()].map((task) => task.holdings)
    return {
      trace: this.#trace.digest('hex'),
      violations: [...violations.map(({ guarantee, task, at, what }) => `${guarantee} ${task} at ${at}: ${what}`), ...this.#violations],
      virtualSeconds: this.#world.monotonic() / 1_000,
      faults,
      tries: this.#server.tries.size,
      pushes: Object.fromEntries(this.#server.asked),
      holdings: holdings.reduce((sum, count) => sum + count, 0),
      once: holdings.filter((count) => count === 1).length,
      gossiped: this.#gossip.messages,
      forgeRequests: this.#forge.requests,
    }
  }
}
