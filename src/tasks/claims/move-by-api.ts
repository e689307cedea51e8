import type { Chance } from '../../lib/chance.ts'
import { Fault } from '../../lib/fault.ts'
import type { RefApi } from '../forges/forge.ts'
import type { ObjectId } from '../git/objects.ts'
import type { GitRemote, PushRequest, PushResult, RefUpdate } from '../git/remote.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface ApiMoveDeps {
  readonly remote: GitRemote
  readonly api: RefApi
  readonly chance: Chance
}

/** Where objects wait for the ref that is to name them. A host that takes only branches takes these. */
const scratchPrefix = 'refs/heads/althing-scratch/'

/**
 * The same server, whose refs are moved by its forge's API: objects are pushed under scratch refs before, which are removed after.
 *
 * @see docs/protocols/claims.md §3
 */
export function moveByApi({ remote, api, chance }: ApiMoveDeps): GitRemote {
  return {
    ...remote,
    capabilities: async (waiting) => ({ ...(await remote.capabilities(waiting)), isAtomic: true }),
    push: async (request, waiting) => {
      const name = Buffer.from(chance.bytes(8)).toString('hex')
      const tips = [...new Set(request.updates.map((update) => update.new).filter((id) => id !== undefined))]
      const scratch = tips.map((id, index) => ({ ref: `${scratchPrefix}${name}-${index}`, id }))
      try {
        const refusal = await upload(remote, request, { scratch, ...waiting })
        if (refusal !== undefined) return refuseAll(request, refusal)
        return await move(api, request, waiting)
      } finally {
        await remove(remote, scratch, waiting)
      }
    },
  }
}

interface ScratchRef {
  readonly ref: string
  readonly id: ObjectId
}

async function upload(
  remote: GitRemote,
  { objects, openPack }: PushRequest,
  { scratch, signal }: { readonly scratch: readonly ScratchRef[] } & Waiting,
): Promise<string | undefined> {
  if (scratch.length === 0) return undefined
  const updates = scratch.map(({ ref, id }): RefUpdate => ({ ref, old: undefined, new: id }))
  const sent = await remote.push({ updates, objects, isAtomic: false, ...(openPack === undefined ? {} : { openPack }) }, { signal })
  return sent.unpackError ?? sent.refs.flatMap((ref) => (ref.result === 'refused' ? [ref.reason] : []))[0]
}

/** All in one; where they need not move together, those that are refused with others are tried for themselves. */
async function move(api: RefApi, { updates, isAtomic }: PushRequest, waiting: Waiting): Promise<PushResult> {
  const refusal = await api.moveRefs(updates, waiting)
  if (refusal === undefined) return { unpackError: undefined, refs: updates.map(({ ref }) => ({ result: 'accepted', ref })) }
  if (isAtomic || updates.length === 1) return refuseAll({ updates }, refusal)
  const refs: PushResult['refs'][number][] = []
  for (const update of updates) {
    const reason = await api.moveRefs([update], waiting)
    refs.push(reason === undefined ? { result: 'accepted', ref: update.ref } : { result: 'refused', ref: update.ref, reason })
  }
  return { unpackError: undefined, refs }
}

function refuseAll({ updates }: Pick<PushRequest, 'updates'>, reason: string): PushResult {
  return { unpackError: undefined, refs: updates.map(({ ref }) => ({ result: 'refused', ref, reason })) }
}

/** Best effort: what is left names nothing that anybody looks at. */
async function remove(remote: GitRemote, scratch: readonly ScratchRef[], waiting: Waiting): Promise<void> {
  if (scratch.length === 0 || waiting.signal.aborted) return
  try {
    const updates = scratch.map(({ ref, id }) => ({ ref, old: id, new: undefined }))
    await remote.push({ updates, objects: [], isAtomic: false }, waiting)
  } catch (error) {
    if (!(error instanceof Fault) && !waiting.signal.aborted) throw error
  }
}
