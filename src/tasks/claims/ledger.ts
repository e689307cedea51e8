import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import { Fault } from '../../lib/fault.ts'
import { tasksFaults } from '../faults.ts'
import type { ObjectId } from '../git/objects.ts'
import { emptyTree } from '../git/objects.ts'
import type { GitRemote } from '../git/remote.ts'
import type { ChainPlace } from '../rules/chain.ts'
import type { RefMeaning, Self } from '../rules/judge-ref.ts'
import { judgeRef } from '../rules/judge-ref.ts'
import type { ProjectId, TaskKey } from '../task.ts'
import type { ChainStore, StoredChain } from './chain-store.ts'
import type { RefForm } from './claim-refs.ts'
import { claimRef, closedRef, refPrefix, taskOfRef } from './claim-refs.ts'
import type { ClosedEntry } from './closed-chain.ts'
import { readClosedChain } from './closed-chain.ts'
import type { ReadChain } from './read-chain.ts'
import { readChain } from './read-chain.ts'

export interface LedgerDeps {
  readonly remote: GitRemote
  readonly store: ChainStore
  readonly self: Self
  readonly hive: HiveId
  readonly project: ProjectId
  readonly form: RefForm
  /** Whether the hive admits a node now. */
  readonly isAdmitted: (peer: PeerId) => boolean
}

/** One task as its refs say it. */
export interface TaskSight {
  readonly task: TaskKey
  readonly value: ObjectId | undefined
  readonly chain: ReadChain | undefined
  readonly meaning: RefMeaning
}

interface Look {
  readonly refs: ReadonlyMap<string, ObjectId>
  readonly closed: ReadonlyMap<TaskKey, ClosedEntry>
}

interface ReadAt {
  readonly value: ObjectId
  readonly closedEpoch: number
  readonly chain: ReadChain
  /** Who signed and did not count: once the hive admits one of them, all is judged anew. */
  readonly strangers: ReadonlySet<PeerId>
}

/** Reads the claims of one project and keeps the newest verified head of each chain. */
export class ClaimLedger {
  readonly #deps: LedgerDeps
  /** What was read at a value, by task: nothing is verified twice. */
  readonly #read = new Map<TaskKey, ReadAt>()
  /** Entries of the closed chain at its head. Entries once seen stay, whatever the forge says later. */
  #closed: {
    readonly head: ObjectId | undefined
    readonly commits: ReadonlyMap<ObjectId, Uint8Array>
    readonly entries: ReadonlyMap<TaskKey, ClosedEntry>
    readonly strangers: ReadonlySet<PeerId>
  } = { head: undefined, commits: new Map(), entries: new Map(), strangers: new Set() }

  constructor(deps: LedgerDeps) {
    this.#deps = deps
  }

  /**
   * Every task that has a claim ref, or had one. One listing, and one request for all commits that are new.
   *
   * @throws Fault CLAIMS_DIVIDED when there are claims in the other place too: one task could have two holders
   */
  async lookAtAll(options: { readonly signal: AbortSignal }): Promise<readonly TaskSight[]> {
    const { form, project } = this.#deps
    const other = form === 'native' ? 'heads' : 'native'
    const look = await this.#look([refPrefix(form), `${refPrefix(other)}claims/`], options)
    const stray = [...look.refs.keys()].find((ref) => taskOfRef(other, ref) !== undefined)
    if (stray !== undefined) throw divided(project, { own: `${refPrefix(form)}claims/`, stray })
    const tasks = [...look.refs.keys()].map((ref) => taskOfRef(form, ref)).filter((task) => task !== undefined)
    const present = new Set(tasks)
    for (const task of this.#read.keys()) if (!present.has(task)) this.#read.delete(task)
    return this.#judge(tasks, look, options)
  }

  /** One task. */
  async lookAt(task: TaskKey, options: { readonly signal: AbortSignal }): Promise<TaskSight> {
    const { form } = this.#deps
    const look = await this.#look([claimRef(form, task), closedRef(form)], options)
    const [sight] = await this.#judge([task], look, options)
    if (sight === undefined) throw new Error(`${task} was not judged`)
    return sight
  }

  /**
   * Pushes the newest verified chain of a task again over what the forge has, by compare-and-swap.
   *
   * False when somebody moved the ref meanwhile: look again.
   *
   * @see docs/protocols/claims.md §6
   */
  async restore(sight: TaskSight, { signal }: { readonly signal: AbortSignal }): Promise<boolean> {
    const { remote, store, form } = this.#deps
    const stored = store.get(sight.task)
    if (stored === undefined) return false
    const objects = [...stored.commits.values()].map((bytes) => ({ type: 'commit', bytes }) as const)
    const update = { ref: claimRef(form, sight.task), old: sight.value, new: stored.state.head }
    const { refs } = await remote.push({ updates: [update], objects: [...objects, emptyTree], isAtomic: false }, { signal })
    return refs.every(({ result }) => result === 'accepted')
  }

  /** What is known of the closed chain: its head, to be swapped, as it was last read. */
  get closedHead(): ObjectId | undefined {
    return this.#closed.head
  }

  async #look(prefixes: readonly string[], { signal }: { readonly signal: AbortSignal }): Promise<Look> {
    // servers list refs by name, so `closed` is read after `claims/…`: what was collected meanwhile is seen as such
    const refs = await this.#deps.remote.listRefs(prefixes, { signal })
    await this.#readClosed(refs.get(closedRef(this.#deps.form)), signal)
    return { refs, closed: this.#closed.entries }
  }

  async #readClosed(head: ObjectId | undefined, signal: AbortSignal): Promise<void> {
    const { remote, hive } = this.#deps
    if (head === this.#closed.head && !this.#isOneAdmitted(this.#closed.strangers)) return
    const have = this.#closed.head === undefined ? [] : [this.#closed.head]
    const isHere = head === undefined || head === this.#closed.head
    const fetched = isHere ? new Map<ObjectId, Uint8Array>() : (await remote.fetchCommits({ want: [head], have }, { signal })).commits
    const commits = new Map([...this.#closed.commits, ...fetched])
    const { isAdmitted, strangers } = this.#noteStrangers()
    const read = head === undefined ? new Map<TaskKey, ClosedEntry>() : readClosedChain(head, commits, { hive, isAdmitted })
    const entries = new Map(this.#closed.entries)
    for (const [task, entry] of read) if ((entries.get(task)?.lastEpoch ?? 0) < entry.lastEpoch) entries.set(task, entry)
    this.#closed = { head, commits, entries, strangers }
  }

  async #judge(tasks: readonly TaskKey[], look: Look, { signal }: { readonly signal: AbortSignal }): Promise<readonly TaskSight[]> {
    const { form, store } = this.#deps
    const wanted = tasks.filter((task) => {
      const value = look.refs.get(claimRef(form, task))
      return value !== undefined && !this.#isRead(task, value, look) && store.get(task)?.commits.has(value) !== true
    })
    const values = wanted.map((task) => look.refs.get(claimRef(form, task))).filter((id) => id !== undefined)
    const have = wanted.flatMap((task) => store.get(task)?.state.head ?? [])
    const fetched = await this.#fetch([...new Set(values)], have, signal)
    const sights: TaskSight[] = []
    for (const task of tasks) sights.push(await this.#judgeOne(task, look, fetched))
    return sights
  }

  /** Commits of all values; where one of them cannot be had (too much behind it, no commit at all), that of the others. */
  async #fetch(want: readonly ObjectId[], have: readonly ObjectId[], signal: AbortSignal): Promise<ReadonlyMap<ObjectId, Uint8Array>> {
    if (want.length === 0) return new Map()
    try {
      return (await this.#deps.remote.fetchCommits({ want, have }, { signal })).commits
    } catch (error) {
      if (!(error instanceof Fault) || (error.kind !== 'invalid' && error.kind !== 'missing')) throw error
      if (want.length === 1) return new Map()
      const half = Math.ceil(want.length / 2)
      const halves = [await this.#fetch(want.slice(0, half), have, signal), await this.#fetch(want.slice(half), have, signal)]
      return new Map(halves.flatMap((commits) => [...commits]))
    }
  }

  #isRead(task: TaskKey, value: ObjectId, { closed }: Look): boolean {
    const read = this.#read.get(task)
    return read?.value === value && read.closedEpoch === (closed.get(task)?.lastEpoch ?? 0)
  }

  async #judgeOne(task: TaskKey, look: Look, fetched: ReadonlyMap<ObjectId, Uint8Array>): Promise<TaskSight> {
    const { form, store, self } = this.#deps
    const value = look.refs.get(claimRef(form, task))
    const closed = look.closed.get(task)
    const known = store.get(task)
    const chain = value === undefined ? undefined : this.#verify(task, value, { closed, known, fetched })
    const isCollected = closed !== undefined && closed.head === known?.state.head
    const meaning = judgeRef({ value, chain: chain?.state, newest: known?.state.head, descends: chain?.descends === true, closed }, self)
    const isNew = chain !== undefined && chain.state.head !== known?.state.head
    if (isNew && chain.added.size > 0 && chain.state.unknownLinks === 0 && (chain.descends || isCollected))
      await store.put(task, { state: chain.state, commits: chain.commits })
    return { task, value, chain, meaning }
  }

  #verify(
    task: TaskKey,
    value: ObjectId,
    {
      closed,
      known,
      fetched,
    }: {
      readonly closed: ClosedEntry | undefined
      readonly known: StoredChain | undefined
      readonly fetched: ReadonlyMap<ObjectId, Uint8Array>
    },
  ): ReadChain {
    const { hive, project } = this.#deps
    const closedEpoch = closed?.lastEpoch ?? 0
    const read = this.#read.get(task)
    const isSame = read?.value === value && read.closedEpoch === closedEpoch
    if (isSame && !this.#isOneAdmitted(read.strangers)) return read.chain
    const place: ChainPlace = { hive, project, task, closedEpoch }
    const { isAdmitted, strangers } = this.#noteStrangers()
    const chain = readChain({ isAdmitted, place }, value, { fetched: isSame ? read.chain.added : fetched, known })
    this.#read.set(task, { value, closedEpoch, chain, strangers })
    return chain
  }

  /** Asks the hive of signers, and notes those it does not admit. */
  #noteStrangers(): { readonly isAdmitted: (peer: PeerId) => boolean; readonly strangers: ReadonlySet<PeerId> } {
    const strangers = new Set<PeerId>()
    const isAdmitted = (peer: PeerId): boolean => {
      const is = this.#deps.isAdmitted(peer)
      if (!is) strangers.add(peer)
      return is
    }
    return { isAdmitted, strangers }
  }

  #isOneAdmitted(strangers: ReadonlySet<PeerId>): boolean {
    return [...strangers].some(this.#deps.isAdmitted)
  }
}

function divided(project: ProjectId, { own, stray }: { readonly own: string; readonly stray: string }): Error {
  return tasksFaults.create('CLAIMS_DIVIDED', {
    message: `claims of ${project} stand in two places, so that one task could have two holders: this node has them under ${own}, and there is ${stray}. Ask \`althing doctor\` on every node, and delete those of one place once nobody works on them`,
    data: { project, ref: stray },
  })
}
