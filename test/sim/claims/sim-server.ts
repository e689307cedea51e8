import { tasksFaults } from '../../../src/tasks/faults.ts'
import { parseCommit } from '../../../src/tasks/git/commit.ts'
import type { ObjectId } from '../../../src/tasks/git/objects.ts'
import { objectIdOf } from '../../../src/tasks/git/objects.ts'
import type { FetchedCommits, PushRequest, PushResult, RefResult, RefUpdate } from '../../../src/tasks/git/remote.ts'
import type { LoggedLink, LogStep } from '../../../src/tasks/rules/ref-log.ts'
import type { LogSources } from '../../../src/tasks/testing/read-ref-log.ts'
import { claimedTask, readClosed, readLink, readUpdate, workedTask } from '../../../src/tasks/testing/read-ref-log.ts'
import { testHiveId } from '../../../src/tasks/testing/test-names.ts'
import { closedRef } from '../../../src/tasks/claims/claim-refs.ts'
import type { Clock } from '../../../src/lib/clock.ts'

/** What a server had at some moment. */
export interface Backup {
  readonly refs: ReadonlyMap<string, ObjectId>
  readonly commits: ReadonlyMap<ObjectId, Uint8Array>
}

/** A git server as far as claims see it: refs that are compared and swapped, the commits of chains, and a log of all that it took. */
export class SimServer {
  readonly #clock: Clock
  #refs = new Map<string, ObjectId>()
  #commits = new Map<ObjectId, Uint8Array>()
  /** What each ref was before a change, newest last: for readers of a copy that lags. */
  #changes: { readonly at: number; readonly ref: string; readonly old: ObjectId | undefined }[] = []
  /** Parents of the commits of work branches; their packs are not made. */
  readonly workParents = new Map<ObjectId, ObjectId | undefined>()
  readonly steps: LogStep[] = []
  readonly links = new Map<ObjectId, LoggedLink>()
  /** Requests for a push, taken or not, by the kind of their first link. */
  readonly asked = new Map<string, number>()
  /** Commits with which a claim or a takeover was tried. */
  readonly tries = new Set<ObjectId>()
  /** Claim refs of which it said what was not so, or forgot what it had said. */
  readonly betrayed = new Set<string>()
  /** Claim refs that were done at some time; they may have been collected since. */
  readonly done = new Set<string>()
  /** Told of each push and what became of it. */
  watch: (line: string, accepted: readonly RefUpdate[]) => void = () => {}

  readonly #sources: LogSources = { hive: testHiveId, commit: (id) => this.#commits.get(id) }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What a ref is now. */
  ref(name: string): ObjectId | undefined {
    return this.#refs.get(name)
  }

  /** Refs as they were `lagMs` ago. */
  listRefs(prefixes: readonly string[], lagMs: number): ReadonlyMap<string, ObjectId> {
    const refs = new Map(this.#refs)
    const until = this.#clock.monotonic() - lagMs
    for (let index = this.#changes.length - 1; index >= 0; index--) {
      const change = this.#changes[index]
      if (change === undefined || change.at <= until) break
      if (change.old === undefined) refs.delete(change.ref)
      else refs.set(change.ref, change.old)
    }
    const wanted = [...refs].filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix)))
    return new Map(wanted.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** @throws Fault REMOTE_MISSING for what is not here, or no more */
  fetchCommits({ want, have }: { readonly want: readonly ObjectId[]; readonly have: readonly ObjectId[] }): FetchedCommits {
    const commits = new Map<ObjectId, Uint8Array>()
    for (const id of want) {
      for (let at: ObjectId | undefined = id; at !== undefined && !have.includes(at) && !commits.has(at);) {
        const bytes = this.#commits.get(at)
        if (bytes === undefined) throw tasksFaults.create('REMOTE_MISSING', { message: `not our ref ${id}` })
        commits.set(at, bytes)
        at = parentOf(bytes)
      }
    }
    return { commits, others: new Map() }
  }

  /** Takes a push or refuses it, whole where it is atomic. `pretends` says `ok` and does nothing. */
  push(request: PushRequest, pretends: boolean): PushResult {
    const { updates, objects, isAtomic } = request
    const sent = new Map(objects.flatMap((object) => (object.type === 'commit' ? [[objectIdOf(object), object.bytes] as const] : [])))
    this.#count(updates, sent)
    const refusals = updates.map((update) => this.#refuse(update, sent))
    const isRefused = isAtomic && refusals.some((reason) => reason !== undefined)
    const refs = updates.map(({ ref }, index): RefResult => {
      const reason = refusals[index] ?? (isRefused ? 'atomic transaction failed' : undefined)
      return reason === undefined ? { result: 'accepted', ref } : { result: 'refused', ref, reason }
    })
    const accepted = updates.filter((_, index) => refs[index]?.result === 'accepted')
    this.watch(describePush(updates, refs, pretends), pretends ? [] : accepted)
    if (pretends) for (const { ref } of accepted) this.betrayed.add(ref)
    else this.#apply(accepted, sent)
    return { unpackError: undefined, refs }
  }

  /** Whether a commit of a work branch has another one among its ancestors. */
  isAncestor(ancestor: ObjectId, id: ObjectId): boolean {
    let at: ObjectId | undefined = id
    while (at !== undefined && at !== ancestor) at = this.workParents.get(at)
    return at === ancestor
  }

  backup(): Backup {
    return { refs: new Map(this.#refs), commits: new Map(this.#commits) }
  }

  /** Everything since the backup is gone. */
  restore({ refs, commits }: Backup): void {
    for (const name of [...this.#refs.keys(), ...refs.keys()]) if (this.#refs.get(name) !== refs.get(name)) this.betrayed.add(name)
    this.#refs = new Map(refs)
    this.#commits = new Map(commits)
    this.#changes = []
    const [claims, work] = [new Map(), new Map()]
    for (const [name, id] of refs) {
      const [claimed, worked] = [claimedTask(name), workedTask(name)]
      if (claimed !== undefined) claims.set(claimed, id)
      if (worked !== undefined) work.set(worked, id)
    }
    // the newest entry of a task stands first
    const entries = readClosed(refs.get(closedRef('native')), undefined, this.#sources).toReversed()
    const closed = new Map(entries.map(({ task, lastEpoch }) => [task, lastEpoch]))
    this.steps.push({ step: 'restore', at: this.#clock.monotonic(), claims, work, closed })
  }

  #refuse({ ref, old, new: next }: RefUpdate, sent: ReadonlyMap<ObjectId, Uint8Array>): string | undefined {
    if (this.#refs.get(ref) !== old) return 'failed to update ref'
    if (next === undefined || !ref.startsWith('refs/althing/')) return undefined
    const bytes = sent.get(next) ?? this.#commits.get(next)
    const parent = bytes === undefined ? undefined : parentOf(bytes)
    const isWhole = bytes !== undefined && (parent === undefined || sent.has(parent) || this.#commits.has(parent))
    return isWhole ? undefined : 'missing necessary objects'
  }

  #apply(accepted: readonly RefUpdate[], sent: ReadonlyMap<ObjectId, Uint8Array>): void {
    if (accepted.length === 0) return
    const at = this.#clock.monotonic()
    for (const [id, bytes] of sent) {
      this.#commits.set(id, bytes)
      this.links.set(id, readLink(id, bytes))
    }
    for (const { ref, old, new: next } of accepted) {
      this.#changes.push({ at, ref, old })
      if (next !== undefined && this.links.get(next)?.document?.kind === 'done') this.done.add(ref)
      if (next === undefined) this.#refs.delete(ref)
      else this.#refs.set(ref, next)
    }
    this.steps.push({ step: 'push', at, updates: accepted.flatMap((update) => readUpdate(update, this.#sources)) })
  }

  #count(updates: readonly RefUpdate[], sent: ReadonlyMap<ObjectId, Uint8Array>): void {
    const id = updates[0]?.new
    const link = id === undefined ? undefined : readLink(id, sent.get(id))
    const kind = link?.document?.kind ?? 'other'
    this.asked.set(kind, (this.asked.get(kind) ?? 0) + 1)
    if (id !== undefined && (kind === 'claim' || kind === 'takeover')) this.tries.add(id)
  }
}

function parentOf(bytes: Uint8Array): ObjectId | undefined {
  return parseCommit(bytes)?.parents[0]
}

function describePush(updates: readonly RefUpdate[], refs: readonly RefResult[], pretends: boolean): string {
  const words = updates.map(({ ref, old, new: next }, index) => `${ref} ${old} ${next} ${refs[index]?.result}`)
  return `${pretends ? 'pretended ' : ''}${words.join(', ')}`
}
