import { defaultConfig } from '../../src/config/load.ts'
import { createSigningKey, peerIdOfKey } from '../../src/identity/keys.ts'
import { systemChance } from '../../src/lib/chance.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createMemoryChainStore } from '../../src/tasks/claims/chain-store.ts'
import type { HolderDeps } from '../../src/tasks/claims/holder.ts'
import { ClaimLedger } from '../../src/tasks/claims/ledger.ts'
import type { ClaimTerms } from '../../src/tasks/claims/make-claim.ts'
import { makeNonce } from '../../src/tasks/claims/make-claim.ts'
import type { AttemptResult } from '../../src/tasks/claims/try-claim.ts'
import { tryClaim } from '../../src/tasks/claims/try-claim.ts'
import { createRemote } from '../../src/tasks/git/create-remote.ts'
import type { GitRemote } from '../../src/tasks/git/remote.ts'
import type { TaskKey } from '../../src/tasks/task.ts'
import { testPrograms } from '../../src/tasks/testing/git-server.ts'
import { testHiveId, testProject } from '../../src/tasks/testing/test-names.ts'

/** A node as far as claims know it: a key, a ledger, and a git server. */
export interface ClaimNode extends HolderDeps {
  readonly ledger: ClaimLedger
  /** Pushes sent so far, those that were refused too. */
  readonly pushes: () => number
}

/** Long enough for no bench to renew by itself. */
const holding = { ttlSeconds: 900, limitedNodes: 0 } as const

/** A node on the repository at an address, which it has asked what it can. `wrap` may change how it pushes. */
export async function openClaimNode(
  address: string,
  { signal, wrap = (remote) => remote }: { readonly signal: AbortSignal; readonly wrap?: (remote: GitRemote) => GitRemote },
): Promise<ClaimNode> {
  const { tasks } = await defaultConfig()
  const options = { timeoutMs: tasks.remoteTimeoutMs, maxAnswerBytes: tasks.maxAnswerBytes, allowsPlainHttp: false }
  const server = createRemote(address, { clock: systemClock, programs: testPrograms, credentials: async () => undefined }, options)
  let sent = 0
  const counted: GitRemote = {
    ...server,
    push: (request, waiting) => {
      sent += 1
      return server.push(request, waiting)
    },
  }
  const remote = wrap(counted)
  const key = createSigningKey()
  const self = { peer: peerIdOfKey(key.publicKey), process: makeNonce(systemChance) }
  const shared = { remote, self, hive: testHiveId, project: testProject, form: 'native' } as const
  const ledger = new ClaimLedger({ ...shared, store: createMemoryChainStore(), isAdmitted: () => true })
  await remote.capabilities({ signal })
  const putBack: ClaimNode['putBack'] = (lost, waiting) => ledger.putBack(lost, waiting)
  return { ...shared, key, clock: systemClock, chance: systemChance, log: silentLog, ledger, putBack, pushes: () => sent }
}

/** Looks at a task, the closed chain with it, and tries to win it; undefined when the look says that it is not free. */
export async function claimTask(node: ClaimNode, task: TaskKey, signal: AbortSignal): Promise<AttemptResult | undefined> {
  const { meaning } = await node.ledger.lookAt(task, { signal })
  if (meaning.meaning !== 'free') return undefined
  const terms: ClaimTerms = {
    task,
    epoch: meaning.epoch,
    ttlSeconds: holding.ttlSeconds,
    base: 'main',
    branch: `althing/${task}`,
    issueHash: '0'.repeat(64),
  }
  return tryClaim(node, { terms, value: meaning.value }, { ...holding, signal })
}
