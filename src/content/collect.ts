import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import { digestOfCid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { BlobStore } from '../store/blobs.ts'
import type { Database } from '../store/database.ts'
import type { ChunkList } from './chunks.ts'
import { isListCid } from './chunks.ts'
import { mayLetGo } from './rules/rendezvous.ts'

export interface CollectDeps {
  readonly blobs: BlobStore
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly content: {
    readonly listOf: (cid: Cid) => ChunkList | undefined
    readonly heldRoots: () => Iterable<Cid>
    readonly isBeingAdded: (digest: Uint8Array) => boolean
    /** Grows whenever something is referenced or held, so that marks made before are made again. */
    readonly generation: () => number
  }
  /** Our own name; without it, copies kept for others stay. */
  readonly node?: PeerId
}

export interface CollectOptions {
  readonly graceMs: number
  readonly replicas: number
  /** Only says what would go. */
  readonly isDryRun: boolean
  readonly signal: AbortSignal
}

export interface CollectReport {
  readonly removedBlocks: number
  /** Bytes on disk. */
  readonly removedBytes: number
  readonly keptBlocks: number
  readonly keptBytes: number
  /** Unreferenced, and younger than the grace age. */
  readonly youngBlocks: number
  /** Copies for others that enough others signed for. */
  readonly releasedCopies: number
}

/**
 * Removes blocks that nothing refers to: no entry, pin, copy kept for others, lease, transfer under way, and older than the grace age.
 *
 * A block put again meanwhile is safe: removal names the moment before which it must have been put.
 */
export async function collectContent(deps: CollectDeps, options: CollectOptions): Promise<CollectReport> {
  const before = deps.clock.now() - options.graceMs
  const released = releasable(deps, options)
  if (!options.isDryRun) await release(deps, released)
  let marks = mark(deps, new Set(released.map(({ cid }) => cid)))
  const report = { removedBlocks: 0, removedBytes: 0, keptBlocks: 0, keptBytes: 0, youngBlocks: 0, releasedCopies: released.length }
  let generation = deps.content.generation()
  for (const block of deps.blobs.list()) {
    options.signal.throwIfAborted()
    if (!options.isDryRun && generation !== deps.content.generation()) {
      generation = deps.content.generation()
      marks = mark(deps, new Set())
    }
    const isMarked = marks.has(nameOf(block.digest)) || deps.content.isBeingAdded(block.digest)
    if (isMarked || block.addedAt >= before) {
      report.keptBlocks += 1
      report.keptBytes += block.stored
      if (!isMarked) report.youngBlocks += 1
      continue
    }
    const isGone = options.isDryRun || (await removeBlock(deps, block.digest, before))
    if (!isGone) continue
    report.removedBlocks += 1
    report.removedBytes += block.stored
  }
  if (report.removedBlocks > 0) deps.log.info('content collected', { ...report, dryRun: options.isDryRun })
  return report
}

async function removeBlock(deps: CollectDeps, digest: Uint8Array, before: number): Promise<boolean> {
  const isGone = await deps.blobs.remove(digest, { addedBefore: before })
  if (isGone) await deps.database.write((tx) => tx.run('delete from chunk_list where digest = ?', digest))
  return isGone
}

/** Digests of all that is kept, as strings of 32 characters. */
function mark(deps: CollectDeps, released: ReadonlySet<string>): ReadonlySet<string> {
  const now = deps.clock.now()
  const marks = new Set<string>()
  const rows = deps.database.all<{ cid: Cid }>(`select distinct cid from reference where (until is null or until > ?)`, now)
  const kept = rows.map(({ cid }) => cid).filter((cid) => !released.has(cid) || isReferencedOtherwise(deps, cid, now))
  for (const cid of [...kept, ...deps.content.heldRoots()]) {
    marks.add(nameOf(digestOfCid(cid)))
    if (!isListCid(cid)) continue
    const list = deps.content.listOf(cid)
    if (list === undefined) continue
    for (let offset = 0; offset < list.digests.byteLength; offset += 32) marks.add(nameOf(list.digests.subarray(offset, offset + 32)))
  }
  return marks
}

function isReferencedOtherwise(deps: CollectDeps, cid: Cid, now: number): boolean {
  const sql = `select 1 from reference where cid = ? and reason <> 'replica' and (until is null or until > ?) limit 1`
  return deps.database.get(sql, cid, now) !== undefined
}

interface Replica {
  readonly hive: string
  readonly cid: Cid
}

/** Copies kept for others that may go. */
function releasable(deps: CollectDeps, options: CollectOptions): readonly Replica[] {
  const { node } = deps
  if (node === undefined) return []
  const replicas = deps.database.all<Replica>(`select distinct hive, cid from reference where reason = 'replica'`)
  return replicas.filter(({ hive, cid }) => {
    const signers = deps.database.all<{ node: PeerId }>('select node from receipt where hive = ? and cid = ?', hive, cid)
    return mayLetGo(
      cid,
      node,
      signers.map((row) => row.node),
      options.replicas,
    )
  })
}

async function release(deps: CollectDeps, replicas: readonly Replica[]): Promise<void> {
  const now = deps.clock.now()
  await deps.database.write((tx) => {
    for (const { hive, cid } of replicas) tx.run(`delete from reference where hive = ? and cid = ? and reason = 'replica'`, hive, cid)
    tx.run(`delete from reference where reason = 'lease' and until is not null and until <= ?`, now)
  })
}

function nameOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('latin1')
}
