import type { PeerId, SigningKey } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../store/database.ts'
import type { Cid } from '../lib/cid.ts'
import type { FetchOptions, FetchReport } from './content.ts'
import type { LocalContentStore } from './content-store.ts'
import { createPermits } from './permits.ts'
import type { Answer, Request } from './protocol.ts'
import { signReceipt } from './protocol.ts'

export interface KeeperDeps {
  readonly hive: HiveId
  readonly node: PeerId
  readonly key: SigningKey
  readonly content: LocalContentStore
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly slots: KeepSlots
  readonly fetch: (cid: Cid, options: FetchOptions) => Promise<FetchReport>
}

export interface KeeperOptions {
  /** Disk used by copies kept because a member asked; 0 keeps none. */
  readonly maxReplicaBytes: number
}

/** Copies being made for others at once: a few in all, and fewer for one member. */
export interface KeepSlots {
  readonly tryAcquire: (peer: PeerId) => (() => void) | undefined
}

/** Copies being made at once, for all members and for one. */
const parallelKeeps = 6
const keepsPerPeer = 2

export function createKeepSlots(): KeepSlots {
  const all = createPermits(parallelKeeps)
  const counts = new Map<PeerId, number>()
  return {
    tryAcquire: (peer) => {
      const count = counts.get(peer) ?? 0
      const release = count < keepsPerPeer ? all.tryAcquire() : undefined
      if (release === undefined) return undefined
      counts.set(peer, count + 1)
      return () => {
        release()
        const left = (counts.get(peer) ?? 1) - 1
        if (left > 0) counts.set(peer, left)
        else counts.delete(peer)
      }
    },
  }
}

type KeepRequest = Extract<Request, { t: 'keep' }>

/** Fetches what a member asked us to keep, and signs for it when all of it is on our disk. */
export async function keepCopy(
  deps: KeeperDeps & KeeperOptions,
  { peer, request }: { readonly peer: PeerId; readonly request: KeepRequest },
  { signal }: { readonly signal: AbortSignal },
): Promise<Answer> {
  const { hive, node, clock } = deps
  const { id, root: cid, size } = request
  const isKept = isReplica(deps, cid)
  const { pendingCopies } = deps.content
  if (!isKept && replicaBytes(deps) + pendingCopies.bytes + size > deps.maxReplicaBytes) return { t: 'no', id, why: 'refused' }
  const release = deps.slots.tryAcquire(peer)
  if (release === undefined) return { t: 'no', id, why: 'busy' }
  const giveRoom = pendingCopies.reserve(isKept ? 0 : size)
  try {
    await deps.fetch(cid, { signal, maxBytes: size })
    await deps.database.write((tx) => deps.content.reference(tx, { hive, cid, reason: 'replica', source: peer }))
    const at = clock.now()
    return { t: 'keep', id, at, signature: signReceipt(deps.key, { hive, cid, node, at }) }
  } catch (error) {
    signal.throwIfAborted()
    deps.log.info('a copy that a member asked for could not be made', { cid, peer, reason: describeError(error) })
    return { t: 'no', id, why: 'refused' }
  } finally {
    giveRoom()
    release()
  }
}

function isReplica({ database, hive }: KeeperDeps, cid: Cid): boolean {
  const sql = `select 1 from reference where hive = ? and cid = ? and reason = 'replica' limit 1`
  return database.get(sql, hive, cid) !== undefined
}

/** Bytes of all hives' copies for others: the disk is one. */
function replicaBytes({ database, content }: KeeperDeps): number {
  const rows = database.all<{ cid: Cid }>(`select distinct cid from reference where reason = 'replica'`)
  return rows.reduce((sum, { cid }) => sum + (content.sizeOf(cid) ?? 0), 0)
}
