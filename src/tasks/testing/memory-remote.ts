import type { Clock } from '../../lib/clock.ts'
import { parseCommit } from '../git/commit.ts'
import type { ObjectId } from '../git/objects.ts'
import { objectIdOf } from '../git/objects.ts'
import type { GitRemote, PushRequest, PushResult } from '../git/remote.ts'

/** A git server in memory, as far as claims see one. */
export interface MemoryServer {
  /** The server as one node reaches it; each request takes `latencyMs` of the clock. */
  readonly connect: (node: string) => GitRemote
  /** Who pushed, in order, and whether it was taken. */
  readonly pushes: readonly { readonly node: string; readonly isTaken: boolean }[]
}

/** Refs that are compared and swapped, and the commits they lead to. Without faults: for tests about who pushes what, and when. */
export function createMemoryServer({ clock }: { readonly clock: Clock }, { latencyMs }: { readonly latencyMs: number }): MemoryServer {
  const refs = new Map<string, ObjectId>()
  const commits = new Map<ObjectId, Uint8Array>()
  const pushes: { readonly node: string; readonly isTaken: boolean }[] = []
  const take = (node: string, { updates, objects }: PushRequest): PushResult => {
    for (const object of objects) if (object.type === 'commit') commits.set(objectIdOf(object), object.bytes)
    const isTaken = updates.every(({ ref, old }) => refs.get(ref) === old)
    pushes.push({ node, isTaken })
    for (const { ref, new: to } of isTaken ? updates : []) {
      if (to === undefined) refs.delete(ref)
      else refs.set(ref, to)
    }
    const answer = updates.map(({ ref }) =>
      isTaken ? ({ result: 'accepted', ref } as const) : ({ result: 'refused', ref, reason: 'reference already exists' } as const),
    )
    return { unpackError: undefined, refs: answer }
  }
  return {
    pushes,
    connect: (node) => ({
      listRefs: async (prefixes, { signal }) => {
        await clock.sleep(latencyMs, { signal })
        return new Map([...refs].filter(([ref]) => prefixes.some((prefix) => ref.startsWith(prefix))))
      },
      push: async (request, { signal }) => {
        await clock.sleep(latencyMs, { signal })
        return take(node, request)
      },
      fetchCommits: async ({ want, have }, { signal }) => {
        await clock.sleep(latencyMs, { signal })
        const found = new Map<ObjectId, Uint8Array>()
        const left = [...want]
        for (let id = left.pop(); id !== undefined; id = left.pop()) {
          const bytes = commits.get(id)
          if (bytes === undefined || found.has(id)) continue
          found.set(id, bytes)
          if (!have.includes(id)) left.push(...(parseCommit(bytes)?.parents ?? []))
        }
        return { commits: found, others: new Map() }
      },
      capabilities: () => Promise.resolve({ isAtomic: true, hasReportStatus: true, agent: 'memory' }),
    }),
  }
}
