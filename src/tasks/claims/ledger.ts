import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import { tasksFaults } from '../faults.ts'
import type { ObjectId } from '../git/objects.ts'
import { emptyTree } from '../git/objects.ts'
import type { FetchedCommits, GitRemote } from '../git/remote.ts'
import type { ChainPlace } from '../rules/chain.ts'
import type { RefMeaning, Self } from '../rules/judge-ref.ts'
import { isCollected, judgeRef } from '../rules/judge-ref.ts'
import type { ProjectId, TaskKey } from '../task.ts'
import type { ChainStore, StoredChain } from './chain-store.ts'
import type { RefForm } from './claim-refs.ts'
import { claimRef, closedRef, refPrefix, taskOfRef } from './claim-refs.ts'
import { ClosedReader } from './closed-reader.ts'
import { ChainFetcher } from './fetch-chains.ts'
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
  /** Undefined where there is no value, or it could not be read. */
  readonly chain: ReadChain | undefined
  readonly meaning: RefMeaning
}

/** A chain that a forge has less of than it took, as its holder knows it. */
export interface LostChain {
  readonly task: TaskKey
  /** Of its last holding. */
  readonly epoch: number
  /** What stands there now. */
  readonly value: ObjectId | undefined
  /** What stood there last. */
  readonly head: ObjectId
  /** Links up to the head that may not have been looked at. */
  readonly links: ReadonlyMap<ObjectId, Uint8Array>
}

type Refs = ReadonlyMap<string, ObjectId>

interface Waiting {
  readonly signal: AbortSignal
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
  readonly #closed: ClosedReader
  readonly #fetcher: ChainFetcher
  /** What was read at a value, by task: nothing is verified twice. */
  readonly #read = new Map<TaskKey, ReadAt>()

  constructor(deps: LedgerDeps) {
    this.#deps = deps
    this.#closed = new ClosedReader(deps, deps.store.collected())
    this.#fetcher = new ChainFetcher(deps)
  }

  /**
   * Every task that has a claim ref, or had one. One listing, and one request for all commits that are new.
   *
   * @throws Fault CLAIMS_DIVIDED when there are claims in the other place too: one task could have two holders
   */
  async lookAtAll(waiting: Waiting): Promise<readonly TaskSight[]> {
    const { form, project } = this.#deps
    const other = form === 'native' ? 'heads' : 'native'
    const refs = await this.#list([refPrefix(form), `${refPrefix(other)}claims/`], waiting)
    const stray = [...refs.keys()].find((ref) => taskOfRef(other, ref) !== undefined)
    if (stray !== undefined) throw divided(project, { own: `${refPrefix(form)}claims/`, stray })
    const present = new Set([...refs.keys()].map((ref) => taskOfRef(form, ref)).filter((task) => task !== undefined))
    for (const task of this.#read.keys()) if (!present.has(task)) this.#read.delete(task)
    this.#fetcher.retain(new Set(refs.values()))
    // a ref that is gone, and was not collected, is one that the forge lost
    return this.#judge([...present.union(new Set(this.#deps.store.tasks()))], refs, waiting)
  }

  /** One task. */
  async lookAt(task: TaskKey, waiting: Waiting): Promise<TaskSight> {
    const { form } = this.#deps
    const refs = await this.#list([claimRef(form, task), closedRef(form)], waiting)
    const [sight] = await this.#judge([task], refs, waiting)
    if (sight === undefined) throw new Error(`${task} was not judged`)
    return sight
  }

  /**
   * Pushes the newest verified chain of a task that regressed again over what the forge has, by compare-and-swap.
   *
   * False when somebody moved the ref meanwhile, or the chain is not the newest any more: look again.
   *
   * @see docs/protocols/claims.md §6
   */
  async restore({ task, value, meaning }: TaskSight, waiting: Waiting): Promise<boolean> {
    const known = this.#deps.store.get(task)?.state
    if (meaning.meaning !== 'regressed' || known?.head !== meaning.newest) return false
    return this.putBack({ task, epoch: known.holding?.epoch ?? 0, value, head: known.head, links: new Map() }, waiting)
  }

  /** The same for a holder, who knows what it sent last. False also when what came before its own links was never seen here, or the chain was collected. */
  async putBack({ task, epoch, value, head, links }: LostChain, { signal }: Waiting): Promise<boolean> {
    const { remote, store, form } = this.#deps
    // who slept through the end of its task sees a ref that is gone, and nothing else
    await this.#list([closedRef(form)], { signal })
    if (this.#closedEpoch(task) >= epoch) return false
    const commits = new Map([...(store.get(task)?.commits ?? []), ...links])
    if (!commits.has(head)) return false
    const objects = [...commits.values()].map((bytes) => ({ type: 'commit', bytes }) as const)
    const update = { ref: claimRef(form, task), old: value, new: head }
    const { refs } = await remote.push({ updates: [update], objects: [...objects, emptyTree], isAtomic: false }, { signal })
    return refs.every(({ result }) => result === 'accepted')
  }

  /** What is known of the closed chain: its head, to be swapped, as it was last read. */
  get closedHead(): ObjectId | undefined {
    return this.#closed.head
  }

  async #list(prefixes: readonly string[], { signal }: Waiting): Promise<Refs> {
    const { remote, form, store } = this.#deps
    const refs = await remote.listRefs(prefixes, { signal })
    for (const entry of await this.#closed.read(refs.get(closedRef(form)), { signal })) {
      const known = store.get(entry.task)
      if (known !== undefined && isCollected(known.state, entry)) await store.collect(entry)
    }
    return refs
  }

  /** What each ref means. Nothing that rests on what the closed chain does not say is said before that was read behind the refs. */
  async #judge(tasks: readonly TaskKey[], refs: Refs, waiting: Waiting): Promise<readonly TaskSight[]> {
    const sights = await this.#judgeOnce(tasks, refs, waiting)
    if (!sights.some(({ value, meaning }) => value === undefined || meaning.meaning === 'regressed')) return sights
    const head = this.#closed.head
    // servers read `closed` before they go down into `claims/`: what was collected in between looks lost, or never claimed
    await this.#list([closedRef(this.#deps.form)], waiting)
    return head === this.#closed.head ? sights : this.#judgeOnce(tasks, refs, waiting)
  }

  async #judgeOnce(tasks: readonly TaskKey[], refs: Refs, waiting: Waiting): Promise<readonly TaskSight[]> {
    const { form } = this.#deps
    const wanted = tasks.flatMap((task) => {
      const value = refs.get(claimRef(form, task))
      const known = this.#known(task)
      const isHere = value === undefined || this.#findRead(task, value) !== undefined || known?.commits.has(value) === true
      return isHere ? [] : [{ value, have: known?.state.head }]
    })
    const fetched = await this.#fetcher.fetch(wanted, waiting)
    const sights: TaskSight[] = []
    for (const task of tasks) sights.push(await this.#judgeOne(task, refs.get(claimRef(form, task)), fetched))
    return sights
  }

  /** The newest chain that was verified, unless it is over and another may have begun. */
  #known(task: TaskKey): StoredChain | undefined {
    const known = this.#deps.store.get(task)
    return isCollected(known?.state, this.#closed.entries.get(task)) ? undefined : known
  }

  async #judgeOne(task: TaskKey, value: ObjectId | undefined, fetched: FetchedCommits): Promise<TaskSight> {
    const { store, self } = this.#deps
    const known = this.#known(task)
    const chain = value === undefined ? undefined : this.#verify(task, value, fetched)
    const descends = known === undefined || chain?.commits.has(known.state.head) === true
    const closed = this.#closed.entries.get(task)
    const isCommit = value === undefined || chain?.others.get(value) !== 'no commit'
    const meaning = judgeRef({ value, chain: chain?.state, known: known?.state, descends, isCommit, closed }, self)
    const isNew = chain !== undefined && chain.state.head !== known?.state.head && chain.state.unknownLinks === 0
    if (isNew && !isCollected(chain.state, closed) && meaning.meaning !== 'regressed')
      await store.put(task, chain, { over: store.get(task)?.state.head })
    return { task, value, chain, meaning }
  }

  #findRead(task: TaskKey, value: ObjectId): ReadAt | undefined {
    const read = this.#read.get(task)
    return read?.value === value && read.closedEpoch === this.#closedEpoch(task) ? read : undefined
  }

  #closedEpoch(task: TaskKey): number {
    return this.#closed.entries.get(task)?.lastEpoch ?? 0
  }

  /** The chain at a value, read once; undefined where it cannot be read now. */
  #verify(task: TaskKey, value: ObjectId, fetched: FetchedCommits): ReadChain | undefined {
    const { hive, project, isAdmitted } = this.#deps
    const read = this.#findRead(task, value)
    if (read !== undefined && ![...read.strangers].some(isAdmitted)) return read.chain
    const closedEpoch = this.#closedEpoch(task)
    const place: ChainPlace = { hive, project, task, closedEpoch }
    const strangers = new Set<PeerId>()
    const judge = (peer: PeerId): boolean => {
      const is = isAdmitted(peer)
      if (!is) strangers.add(peer)
      return is
    }
    const here = read === undefined ? fetched : { commits: read.chain.added, others: read.chain.others }
    const chain = readChain({ isAdmitted: judge, place, collected: this.#closed.entries.get(task)?.head }, value, {
      fetched: here,
      known: this.#known(task),
    })
    if (chain === undefined) return void this.#read.delete(task)
    this.#fetcher.read(value)
    this.#read.set(task, { value, closedEpoch, chain, strangers })
    return chain
  }
}

function divided(project: ProjectId, { own, stray }: { readonly own: string; readonly stray: string }): Error {
  return tasksFaults.create('CLAIMS_DIVIDED', {
    message: `claims of ${project} stand in two places, so that one task could have two holders: this node has them under ${own}, and there is ${stray}. Ask \`althing doctor\` on every node, and delete those of one place once nobody works on them`,
    data: { project, ref: stray },
  })
}
