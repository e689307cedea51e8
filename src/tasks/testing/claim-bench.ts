import { createSigningKey, peerIdOfKey } from '../../identity/keys.ts'
import { systemChance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { createMemoryChainStore } from '../claims/chain-store.ts'
import type { ChainStore } from '../claims/chain-store.ts'
import type { RefForm } from '../claims/claim-refs.ts'
import type { ClaimHolder, HolderDeps, HolderOptions } from '../claims/holder.ts'
import { ClaimLedger } from '../claims/ledger.ts'
import type { ClaimTerms } from '../claims/make-claim.ts'
import { makeNonce } from '../claims/make-claim.ts'
import { LeaseObserver } from '../claims/observer.ts'
import type { AttemptResult } from '../claims/try-claim.ts'
import { tryClaim } from '../claims/try-claim.ts'
import { createRemote } from '../git/create-remote.ts'
import type { GitRemote } from '../git/remote.ts'
import type { TaskKey } from '../task.ts'
import { testHiveId, testProject, testTask } from './test-names.ts'
import { testPrograms } from './git-server.ts'

/** A clock that goes on by itself and can be set forward: monotonic time and wall time apart. */
export interface HandClock extends Clock {
  readonly pass: (ms: number) => void
  readonly jump: (wallMs: number) => void
}

/** The machine's clock with hands. What sleeps wakes at once, and its time has passed. */
export function createHandClock(): HandClock {
  let [ahead, wallAhead] = [0, 0]
  const pass = (ms: number): void => void (ahead += ms)
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead + wallAhead,
    monotonic: () => systemClock.monotonic() + ahead,
    pass,
    jump: (wallMs) => void (wallAhead += wallMs),
    sleep: async (ms, { signal }) => {
      signal.throwIfAborted()
      pass(ms)
      await systemClock.sleep(1, { signal })
    },
  }
}

export const testRemoteOptions = { timeoutMs: 30_000, maxAnswerBytes: 4_194_304, allowsPlainHttp: false }
export const testHolderOptions: HolderOptions = { ttlSeconds: 60, limitedNodes: 0 }
/** Everybody's patience in a test. */
export const testSignal = AbortSignal.timeout(120_000)

/** One node with a key of its own, as far as claims know it. */
export interface ClaimNode extends HolderDeps {
  readonly clock: HandClock
  readonly ledger: ClaimLedger
  readonly observer: LeaseObserver
  readonly store: ChainStore
  readonly remote: GitRemote
}

export interface NodeOptions {
  /** Instead of the server at `address`. */
  readonly remote?: GitRemote
  readonly key?: ReturnType<typeof createSigningKey>
  readonly store?: ChainStore
  readonly isAdmitted?: (peer: string) => boolean
  /** Where claims are; `native` where it is not said. */
  readonly form?: RefForm
}

/** Opens a node on a repository. */
export function openNode(address: string, options: NodeOptions = {}): ClaimNode {
  const clock = createHandClock()
  const key = options.key ?? createSigningKey()
  const credentials = (): Promise<undefined> => Promise.resolve(undefined)
  const remote = options.remote ?? createRemote(address, { clock, programs: testPrograms, credentials }, testRemoteOptions)
  const self = { peer: peerIdOfKey(key.publicKey), process: makeNonce(systemChance) }
  const shared = { remote, self, hive: testHiveId, project: testProject, form: options.form ?? 'native' } as const
  const store = options.store ?? createMemoryChainStore()
  const ledger = new ClaimLedger({ ...shared, store, isAdmitted: options.isAdmitted ?? (() => true) })
  const observer = new LeaseObserver({ clock }, { unknownTtlSeconds: 60 })
  const putBack: HolderDeps['putBack'] = (lost, waiting) => ledger.putBack(lost, waiting)
  return { ...shared, key, clock, chance: systemChance, log: silentLog, ledger, observer, store, putBack }
}

/** What a test's claims say beside the epoch. */
export function termsOf(epoch: number, task: TaskKey = testTask): ClaimTerms {
  return { task, epoch, ttlSeconds: testHolderOptions.ttlSeconds, base: 'main', branch: `althing/${task}`, issueHash: '0'.repeat(64) }
}

/** Looks, and tries what the look allows: a first claim, or a takeover of what is free. */
export async function claimFree(node: ClaimNode, task: TaskKey = testTask): Promise<AttemptResult> {
  const { meaning } = await node.ledger.lookAt(task, { signal: testSignal })
  if (meaning.meaning !== 'free') throw new Error(`${task} is ${meaning.meaning}`)
  return tryClaim(node, { terms: termsOf(meaning.epoch, task), value: meaning.value }, { ...testHolderOptions, signal: testSignal })
}

/** The same, for a task that is free and nobody else wants. */
export async function hold(node: ClaimNode, task: TaskKey = testTask): Promise<ClaimHolder> {
  const attempt = await claimFree(node, task)
  if (attempt.result !== 'held') throw new Error(`${task} was not won: ${attempt.result}`)
  return attempt.holder
}
