import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import { digestOfCid } from '../lib/cid.ts'
import { Fault } from '../lib/fault.ts'
import type { Database } from '../store/database.ts'
import { maxContentBytes } from './chunks.ts'
import type { Exchange, ReadOptions } from './content.ts'
import type { LocalContentStore } from './content-store.ts'

export interface RepairDeps {
  readonly content: LocalContentStore
  readonly database: Database
  /** The exchange of a hive, while this node is in it. */
  readonly findExchange: (hive: HiveId) => Exchange | undefined
}

export interface RepairReport {
  readonly repaired: readonly Cid[]
  /** Content that no reachable member could mend. Asked for again, it is fetched again. */
  readonly lost: readonly Cid[]
}

/** Repairs in one read at most: a disk that damages more is not to be read from. */
const maxRepairs = 8

export interface RepairOptions {
  /** Content that is longer is not fetched, in bytes; without it whatever a list can name is. */
  readonly maxBytes?: number
}

/**
 * As `ContentStore.read`; what turns out to be damaged or missing is fetched again from members, and the read goes on.
 *
 * @throws Fault BLOCK_CORRUPT, CONTENT_MISSING when nobody could mend it
 */
export async function* readRepairing(deps: RepairDeps, cid: Cid, options: ReadOptions & RepairOptions): AsyncIterable<Uint8Array> {
  let start = options.start ?? 0
  for (let repairs = 0; ; repairs += 1) {
    try {
      for await (const bytes of deps.content.read(cid, { ...options, start })) {
        start += bytes.byteLength
        yield bytes
      }
      return
    } catch (error) {
      const isMendable = error instanceof Fault && (error.code === 'BLOCK_CORRUPT' || error.code === 'CONTENT_MISSING')
      if (!isMendable || repairs === maxRepairs || !(await isFetched(deps, cid, options))) throw error
    }
  }
}

/** Fetches again all content that has one of these damaged blocks in it (as `verifyBlobs` names them: 64 hexadecimal digits). */
export async function repairBlocks(
  deps: RepairDeps,
  damaged: readonly string[],
  options: { readonly signal: AbortSignal },
): Promise<RepairReport> {
  const names = new Set(damaged)
  const repaired: Cid[] = []
  const lost: Cid[] = []
  for (const { cid } of deps.database.all<{ cid: Cid }>('select distinct cid from reference')) {
    options.signal.throwIfAborted()
    if (!hasDamage(deps.content, cid, names)) continue
    if (await isFetched(deps, cid, options)) repaired.push(cid)
    else lost.push(cid)
  }
  return { repaired, lost }
}

/** Those of these blocks that something on this disk refers to: what is missing of the rest, nobody misses. */
export function findNeeded({ content, database }: Omit<RepairDeps, 'findExchange'>, blocks: readonly string[]): readonly string[] {
  if (blocks.length === 0) return []
  const cids = database.all<{ cid: Cid }>('select distinct cid from reference')
  return blocks.filter((block) => cids.some(({ cid }) => hasDamage(content, cid, new Set([block]))))
}

function hasDamage(content: LocalContentStore, cid: Cid, names: ReadonlySet<string>): boolean {
  if (names.has(hex(digestOfCid(cid)))) return true
  const digests = content.listOf(cid)?.digests ?? new Uint8Array()
  for (let offset = 0; offset < digests.byteLength; offset += 32) if (names.has(hex(digests.subarray(offset, offset + 32)))) return true
  return false
}

/** Whether a hive that refers to the content gave it. */
async function isFetched(
  { content, database, findExchange }: RepairDeps,
  cid: Cid,
  { signal, maxBytes = maxContentBytes }: RepairOptions & { readonly signal: AbortSignal },
): Promise<boolean> {
  await content.rootBlock(cid).catch(() => undefined)
  for (const { hive } of database.all<{ hive: HiveId }>('select distinct hive from reference where cid = ? order by hive', cid)) {
    try {
      await findExchange(hive)?.fetch(cid, { signal, maxBytes })
    } catch {
      signal.throwIfAborted()
    }
    if (content.stat(cid)?.isWhole === true) return true
  }
  return content.stat(cid)?.isWhole === true
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
