import type { SigningKey } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ObjectId } from '../git/objects.ts'
import type { Self } from '../rules/judge-ref.ts'
import type { ProjectId, TaskKey } from '../task.ts'
import type { Claim } from './claim.ts'
import { signClaim } from './claim.ts'
import type { ClaimCost, ClaimDocument, ClaimKind } from './claim-document.ts'

export interface ClaimMaker {
  readonly key: Pick<SigningKey, 'sign'>
  readonly self: Self
  readonly hive: HiveId
  readonly project: ProjectId
  readonly clock: Clock
  readonly chance: Chance
}

/** What stays the same through one holding. */
export interface ClaimTerms {
  readonly task: TaskKey
  readonly epoch: number
  readonly ttlSeconds: number
  readonly base: string
  readonly branch: string
  readonly issueHash: string
}

/** What one link adds. */
export interface ClaimStep {
  readonly kind: ClaimKind
  readonly previous: ObjectId | undefined
  readonly reason?: string | undefined
  readonly pr?: string | undefined
  readonly cost?: ClaimCost | undefined
}

/** A new link: no two are the same bytes. @throws Fault CLAIM_INVALID */
export function makeClaim({ key, self, hive, project, clock, chance }: ClaimMaker, terms: ClaimTerms, step: ClaimStep): Claim {
  const { task, epoch, ttlSeconds, base, branch, issueHash } = terms
  const document: ClaimDocument = {
    ...{ v: 1, kind: step.kind, hive, project, task, epoch, holder: self.peer, process: self.process },
    ...{ ttlSeconds, base, branch, issueHash, previous: step.previous ?? null, nonce: makeNonce(chance) },
    ...(step.reason === undefined ? {} : { reason: step.reason }),
    ...(step.pr === undefined ? {} : { pr: step.pr }),
    ...(step.cost === undefined ? {} : { cost: step.cost }),
    at: new Date(clock.now()).toISOString(),
  }
  return signClaim(document, key)
}

/** 16 random bytes as 22 characters: for links, and for the process that writes them. */
export function makeNonce(chance: Chance): string {
  return Buffer.from(chance.bytes(16)).toString('base64url')
}
