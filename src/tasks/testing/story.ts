import type { PeerId } from '../../identity/keys.ts'
import { createSigningKey, peerIdOfKey } from '../../identity/keys.ts'
import type { ClaimDocument, ClaimKind } from '../claims/claim-document.ts'
import type { ObjectId } from '../git/objects.ts'
import type { HistoryVerdict } from '../rules/check-history.ts'
import { checkHistory } from '../rules/check-history.ts'
import type { LoggedLink, LoggedUpdate, LogStep, RefLog } from '../rules/ref-log.ts'
import { testHiveId, testProject, testTask as task } from './test-names.ts'

/** Members of the hive. */
export const [ada, bob] = [peerIdOfKey(createSigningKey().publicKey), peerIdOfKey(createSigningKey().publicKey)]
/** From the beginning on, without end. */
export const always = { from: 0, until: Infinity }
/** A node that is always ready for the task of the story, which is always wanted. */
export const alive = { wanted: [{ task, ...always }], ready: [{ node: 'cy', ...always }] }

/** Who says a link, and how, where it is not ada in epoch 1. */
interface Word {
  readonly by?: PeerId
  readonly epoch?: number
  readonly reason?: string
  /** Follows this commit instead of the one under the ref. */
  readonly after?: ObjectId | undefined
}

/** What a server took for one task, told push by push. The lease has 60 s. */
export class Story {
  readonly #steps: LogStep[] = []
  readonly #links = new Map<ObjectId, LoggedLink>()
  readonly #parents = new Map<ObjectId, ObjectId>()
  #count = 0
  #tip: ObjectId | undefined
  #at = 0
  value: ObjectId | undefined
  branch: ObjectId | undefined

  wait(seconds: number): this {
    this.#at += seconds * 1_000
    return this
  }

  /** A commit of a chain that nobody pushed yet. */
  link(kind: ClaimKind, word: Word = {}): ObjectId {
    const previous = 'after' in word ? word.after : this.value
    const id = this.#name()
    const document: ClaimDocument = {
      ...{ v: 1, kind, hive: testHiveId, project: testProject, task, epoch: word.epoch ?? 1, holder: word.by ?? ada, process: 'p' },
      ...{ ttlSeconds: 60, base: 'main', branch: `althing/${task}`, issueHash: '', nonce: '', at: '', previous: previous ?? null },
      ...(word.reason === undefined ? {} : { reason: word.reason }),
    }
    this.#links.set(id, { id, document, previous })
    return id
  }

  claim(next: ObjectId | undefined, old = this.value): LoggedUpdate {
    this.value = next
    return { on: 'claim', task, old, new: next }
  }

  /** A commit of the branch, on `from`: the newest that it ever had, where that is not said. */
  work({
    from = this.#tip,
    old = this.branch,
  }: { readonly from?: ObjectId | undefined; readonly old?: ObjectId | undefined } = {}): LoggedUpdate {
    const next = this.#name()
    if (from !== undefined) this.#parents.set(next, from)
    this.branch = this.#tip = next
    return { on: 'work', task, old, new: next }
  }

  /** A branch that has nothing of the one before. */
  otherWork(): LoggedUpdate {
    this.#tip = undefined
    return this.work()
  }

  dropBranch(): LoggedUpdate {
    const old = this.branch
    this.branch = undefined
    return { on: 'work', task, old, new: undefined }
  }

  push(...updates: readonly LoggedUpdate[]): this {
    this.#steps.push({ step: 'push', at: this.#at, updates })
    return this
  }

  /** A link, pushed alone. */
  say(kind: ClaimKind, word: Word = {}): this {
    return this.push(this.claim(this.link(kind, word)))
  }

  restore(value: ObjectId | undefined, { branch = this.branch, closedEpoch = 0 } = {}): this {
    const named = (id: ObjectId | undefined) => new Map(id === undefined ? [] : [[task, id] as const])
    this.#steps.push({ step: 'restore', at: this.#at, claims: named(value), work: named(branch), closed: new Map([[task, closedEpoch]]) })
    ;[this.value, this.branch] = [value, branch]
    return this
  }

  check(more: Partial<RefLog> = {}): HistoryVerdict {
    const { hive, project } = { hive: testHiveId, project: testProject }
    const isAncestor = (ancestor: ObjectId, id: ObjectId): boolean => this.#parents.get(id) === ancestor
    const log = { hive, project, steps: this.#steps, links: this.#links, isAncestor, pulls: [], wanted: [], answering: [always], ready: [] }
    return checkHistory({ ...log, unknownTtlMs: 60_000, graceMs: 5_000, endsAt: this.#at, ...more })
  }

  #name(): ObjectId {
    this.#count += 1
    return String(this.#count).padStart(40, '0') as ObjectId
  }
}

/** `G1: what`, for each violation; of long names of commits the end. */
export function brokenBy({ violations }: HistoryVerdict): readonly string[] {
  return violations.map(({ guarantee, what }) => `${guarantee}: ${what.replaceAll(/\b0{30,}/g, '')}`)
}
