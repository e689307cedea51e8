import { untilAborted } from '../../lib/deadline.ts'
import type { Clock } from '../../lib/clock.ts'
import type { GitRemote, PushRequest, PushResult } from '../git/remote.ts'

export interface CoalesceOptions {
  /** How long a move waits for others, in milliseconds. */
  readonly windowMs: number
}

/** Most moves in one push: 30 renewals take one push of 64 ms, and a report has a line for each. */
const maxMoves = 100

interface Batch {
  readonly requests: PushRequest[]
  readonly answer: PromiseWithResolvers<PushResult>
  readonly flush: () => void
}

/**
 * The same server, with renewals that come together sent as one push that is not atomic: each ref is taken or refused for itself.
 *
 * First claims, work and whatever must move together go as they are.
 *
 * @see docs/protocols/claims.md §9 rule 8
 */
export function coalescePushes(remote: GitRemote, { clock }: { readonly clock: Clock }, { windowMs }: CoalesceOptions): GitRemote {
  let open: Batch | undefined
  // a batch is everybody's: it ends by the remote's own deadline, not by one caller's
  const forAll = new AbortController().signal
  const openBatch = (): Batch => {
    const requests: PushRequest[] = []
    const answer = Promise.withResolvers<PushResult>()
    const flush = (): void => {
      if (open?.requests === requests) open = undefined
      if (requests.length > 0) remote.push(joinRequests(requests.splice(0)), { signal: forAll }).then(answer.resolve, answer.reject)
    }
    clock.schedule(windowMs, flush)
    return { requests, answer, flush }
  }
  return {
    ...remote,
    push: async (request, { signal }) => {
      if (!isRenewal(request)) return remote.push(request, { signal })
      signal.throwIfAborted()
      // two moves of one ref never share a push: the second rests on the first
      if (open?.requests.some((other) => other.updates[0]?.ref === request.updates[0]?.ref) === true) open.flush()
      const batch = (open ??= openBatch())
      batch.requests.push(request)
      if (batch.requests.length >= maxMoves) batch.flush()
      const { unpackError, refs } = await untilAborted(batch.answer.promise, signal)
      return { unpackError, refs: refs.filter(({ ref }) => ref === request.updates[0]?.ref) }
    },
  }
}

function isRenewal({ updates, isAtomic, openPack }: PushRequest): boolean {
  const [update] = updates
  return updates.length === 1 && !isAtomic && openPack === undefined && update?.old !== undefined && update.new !== undefined
}

function joinRequests(requests: readonly PushRequest[]): PushRequest {
  const objects = new Set(requests.flatMap((request) => request.objects))
  return { updates: requests.flatMap(({ updates }) => updates), objects: [...objects], isAtomic: false }
}
