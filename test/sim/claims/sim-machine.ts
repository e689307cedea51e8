import type { PeerId, SigningKey } from '../../../src/identity/keys.ts'
import { peerIdOfKey } from '../../../src/identity/keys.ts'
import type { Chance } from '../../../src/lib/chance.ts'
import { silentLog } from '../../../src/lib/log.ts'
import type { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { Database } from '../../../src/store/database.ts'
import { createProcessNotes } from '../../../src/tasks/claims/process-notes.ts'
import { runCollector } from '../../../src/tasks/collector.ts'
import { ProjectDesk } from '../../../src/tasks/desk.ts'
import type { NewsReader } from '../../../src/tasks/talk/protocol.ts'
import { TaskTalk } from '../../../src/tasks/talk/task-talk.ts'
import { testHiveId, testProject } from '../../../src/tasks/testing/test-names.ts'
import { Worker } from '../../../src/workers/worker.ts'
import type { WorkerHolding } from '../../../src/workers/worker-news.ts'
import type { DiskImage } from '../disk.ts'
import { openDisk, readDisk } from '../disk.ts'
import type { ProcessClock } from './process-clock.ts'
import { createProcessClock } from './process-clock.ts'
import type { WorkPlan } from './scripted-work.ts'
import { superviseByScript } from './scripted-work.ts'
import { simCollectEveryMs, simDeskOptions, simWorkerOptions } from './sim-claims-options.ts'
import { taskLabel } from './sim-forge.ts'
import type { SimForge } from './sim-forge.ts'
import type { SimGossip } from './sim-gossip.ts'
import type { LineState, ServerMood } from './sim-line.ts'
import { goodLine } from './sim-line.ts'
import { createSimRemote } from './sim-remote.ts'
import type { SimServer } from './sim-server.ts'

export interface MachineDeps {
  readonly world: VirtualClock
  readonly chance: Chance
  readonly server: SimServer
  readonly forge: SimForge
  readonly gossip: SimGossip
  readonly reader: NewsReader
  readonly mood: ServerMood
  readonly planOf: (held: WorkerHolding) => WorkPlan
  readonly watch: {
    readonly begin: (machine: SimMachine, held: WorkerHolding) => void
    readonly end: (machine: SimMachine, held: WorkerHolding) => void
  }
  /** Told of a process that ended by a bug. */
  readonly failed: (reason: unknown) => void
}

/** One process of a machine. */
interface Running {
  readonly clock: ProcessClock
  readonly worker: Worker
  readonly stop: AbortController
  readonly leave: () => void
  /** Its agents end with it. */
  readonly stopWork: () => void
  readonly ended: Promise<void>
}

/** What a disk has of claims. */
const claimTables = ['claim_chain', 'claim_link', 'holding_result', 'setting']

/** One machine: a key, a disk, a line to the server, and at most one process that runs the real worker. */
export class SimMachine {
  readonly name: string
  readonly peer: PeerId
  readonly line: LineState = { ...goodLine }
  readonly #deps: MachineDeps
  readonly #key: SigningKey
  #database: Database
  #running: Running | undefined
  #asleep = false

  /** The disk is the machine's from then on. Two machines with one key are a copied key. */
  constructor(deps: MachineDeps, who: { readonly name: string; readonly key: SigningKey }, database: Database) {
    this.#deps = deps
    this.name = who.name
    this.#key = who.key
    this.peer = peerIdOfKey(who.key.publicKey)
    this.#database = database
  }

  /** Whether a process runs and is not stopped. */
  get isAwake(): boolean {
    return this.#running !== undefined && !this.#asleep
  }

  /** Whether it could take one more task now. */
  get isReady(): boolean {
    const { isCut, isDeaf, loss, late } = this.line
    const isReached = !isCut && !isDeaf && loss === 0 && late === 0
    return this.isAwake && isReached && this.load < simWorkerOptions.maxTasks
  }

  /** Tasks that it works on now. */
  get load(): number {
    return this.#running?.worker.status.tasks.length ?? 0
  }

  start(): void {
    if (this.#running !== undefined) return
    const { world, chance, server, forge, gossip, reader, mood, planOf, watch, failed } = this.#deps
    const clock = createProcessClock(world, 0)
    const processes = createProcessNotes({ database: this.#database, clock, chance })
    const line = { world, clock, chance, mood }
    const key = this.#key
    const desk = new ProjectDesk(
      {
        database: this.#database,
        journal: { append: () => Promise.reject(new Error('a project with a forge has no records')) },
        hive: testHiveId,
        key,
        self: { peer: this.peer, process: processes.own },
        isAdmitted: () => true,
        ranHere: processes.ranHere,
        beforeClaim: processes.note,
        openRemote: () => createSimRemote(line, server, this.line),
        openForge: () => Promise.resolve(forge.reach(line, this.line)),
        clock,
        chance,
        log: silentLog,
      },
      { id: testProject, url: 'https://forge.example.org/team/shop.git', forge: 'gitea', base: 'main' },
      simDeskOptions,
    )
    const { host, leave } = gossip.join(this.peer, clock)
    const talk = new TaskTalk({ hive: testHiveId, host, key, clock, chance, log: silentLog, isMember: () => true, reader })
    const atWork = new Set<WorkerHolding>()
    const own = {
      begin: (held: WorkerHolding) => {
        atWork.add(held)
        watch.begin(this, held)
      },
      end: (held: WorkerHolding) => {
        atWork.delete(held)
        watch.end(this, held)
      },
    }
    const stopWork = (): void => atWork.forEach((held) => watch.end(this, held))
    const worker = new Worker(
      {
        clock,
        log: silentLog,
        desks: () => [desk],
        supervise: (_, held, { signal }) => superviseByScript({ clock, server, planOf, watch: own }, desk, { held, signal }),
        isMerged: () => Promise.resolve(false),
        tell: () => {},
        escalate: () => {},
        talk,
      },
      { ...simWorkerOptions, label: taskLabel },
    )
    const stop = new AbortController()
    const { signal } = stop
    const collecting = runCollector({ clock, chance, log: silentLog, desks: () => [desk] }, { everyMs: simCollectEveryMs }, { signal })
    const ended = Promise.all([worker.run({ signal }), collecting])
      .then(() => talk[Symbol.asyncDispose]())
      .catch(failed)
    this.#running = { clock, worker, stop, leave, stopWork, ended }
  }

  /** `kill -9`: what is on its way arrives, and nobody hears what comes of it. */
  kill(): void {
    this.#running?.clock.kill()
    this.#running?.stopWork()
    this.#running?.leave()
    this.#running = undefined
    this.#asleep = false
  }

  /** SIGTERM; resolves when the process has ended by itself. */
  async end(): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    running.stop.abort(new Error('the process was told to end'))
    await running.ended
    running.leave()
    if (this.#running === running) this.#running = undefined
  }

  sleep(how: 'stopped' | 'lid'): void {
    if (this.#running === undefined || this.#asleep) return
    this.#asleep = true
    this.#running.clock.suspend(how)
  }

  wake(): void {
    if (!this.#asleep) return
    this.#asleep = false
    this.#running?.clock.resume()
  }

  /** Sets the wall clock off by so much. */
  skew(offsetMs: number): void {
    this.#running?.clock.skew(offsetMs)
  }

  /** A look without need, as a webhook that comes again prompts it. */
  prompt(): void {
    this.#running?.worker.wake(testProject)
  }

  backup(): DiskImage {
    return readDisk(this.#database, claimTables)
  }

  /** A process that is killed, and starts again on what the disk once had. */
  async restore(image: DiskImage): Promise<void> {
    this.kill()
    const old = this.#database
    this.#database = await openDisk(image, { isMarked: false })
    await old[Symbol.asyncDispose]()
    this.start()
  }

  async close(): Promise<void> {
    this.kill()
    await this.#database[Symbol.asyncDispose]()
  }
}
