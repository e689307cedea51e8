import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import { tasksFaults } from '../faults.ts'
import { parseParents } from '../git/commit.ts'
import type { ObjectId } from '../git/objects.ts'
import type { FetchedCommits, GitRemote } from '../git/remote.ts'
import type { TaskKey } from '../task.ts'
import type { ClosedEntry, ClosedWords } from './closed-chain.ts'
import { parseClosed } from './closed-chain.ts'

export interface ClosedReaderDeps {
  readonly remote: Pick<GitRemote, 'fetchCommits'>
  readonly hive: HiveId
  /** Whether the hive admits a node now. */
  readonly isAdmitted: (peer: PeerId) => boolean
}

/**
 * Reads the closed chain of a project as it grows, each link once. Entries once seen stay, whatever the forge says later.
 *
 * @see docs/protocols/claims.md §5
 */
export class ClosedReader {
  readonly #deps: ClosedReaderDeps
  readonly #entries: Map<TaskKey, ClosedEntry>
  /** Every link that was read. */
  readonly #links = new Set<ObjectId>()
  /** What nodes said that the hive did not admit: it counts once the hive does. */
  #unheard: readonly ClosedWords[] = []
  #head: ObjectId | undefined

  /** `entries`: what is known from before. */
  constructor(deps: ClosedReaderDeps, entries: Iterable<ClosedEntry>) {
    this.#deps = deps
    this.#entries = new Map([...entries].map((entry) => [entry.task, entry]))
  }

  /** The head that was read last, to be swapped. */
  get head(): ObjectId | undefined {
    return this.#head
  }

  /** Of each task the highest epoch that was ever said to be over. */
  get entries(): ReadonlyMap<TaskKey, ClosedEntry> {
    return this.#entries
  }

  /** Reads up to a head, and gives what is new. @throws the faults of a git server; nothing is read then */
  async read(head: ObjectId | undefined, { signal }: { readonly signal: AbortSignal }): Promise<readonly ClosedEntry[]> {
    const words = head === undefined || this.#links.has(head) ? [] : await this.#readLinks(head, signal)
    this.#head = head
    const { hive, isAdmitted } = this.#deps
    const heard = Map.groupBy([...this.#unheard, ...words.filter((said) => said.hive === hive)], ({ by }) => isAdmitted(by))
    this.#unheard = heard.get(false) ?? []
    return (heard.get(true) ?? []).flatMap(({ closed }) => closed.filter((entry) => this.#take(entry)))
  }

  #take(entry: ClosedEntry): boolean {
    if ((this.#entries.get(entry.task)?.lastEpoch ?? 0) >= entry.lastEpoch) return false
    this.#entries.set(entry.task, entry)
    return true
  }

  async #readLinks(head: ObjectId, signal: AbortSignal): Promise<readonly ClosedWords[]> {
    const have = this.#head === undefined ? [] : [this.#head]
    const fetched = await this.#deps.remote.fetchCommits({ want: [head], have }, { signal })
    const links: ObjectId[] = []
    const words: ClosedWords[] = []
    for (let at: ObjectId | undefined = head; at !== undefined && !this.#links.has(at); at = parentsIn(fetched, at)[0]) {
      links.push(at)
      const bytes = fetched.commits.get(at)
      const said = bytes === undefined ? undefined : parseClosed(bytes)
      if (said !== undefined) words.push(said)
    }
    for (const link of links) this.#links.add(link)
    return words
  }
}

/** The parents of what must have come. An entry that is not seen would let an epoch begin anew. @throws Fault REMOTE_MISSING */
function parentsIn({ commits, others }: FetchedCommits, id: ObjectId): readonly ObjectId[] {
  const bytes = commits.get(id)
  const parents = bytes === undefined ? others.get(id) : parseParents(bytes)
  if (parents !== undefined) return parents === 'no commit' ? [] : parents
  throw tasksFaults.create('REMOTE_MISSING', {
    message: `the git server did not give ${id} of the chain of tasks that were collected: nothing is claimed before it does`,
  })
}
