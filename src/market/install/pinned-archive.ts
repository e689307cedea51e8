import { Fault } from '../../lib/fault.ts'
import { inspectArchive } from '../archive/unpack.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { parseDigest } from '../release.ts'
import { nameOf } from '../resolve/catalogue.ts'
import type { LockedPackage } from './lock.ts'

/** What placing a package, or comparing one, takes of its release. */
export type PlacedArchive = Pick<IndexedRelease, 'name' | 'version' | 'archive' | 'digest' | 'size' | 'fileCount'> & {
  readonly manifest: Pick<IndexedRelease['manifest'], 'kind'>
}

/**
 * What a lock pins, by what lies on this disk alone: its source was removed, or left, and no index has the release any more.
 *
 * The digest of the lock says what is right, so that no signature is needed to compare. Undefined when its bytes are not here, or are not
 * those of the digest: a lock may have been written by anybody.
 */
export async function findPinnedArchive(
  { unpacked, content, options }: Pick<MarketDeps, 'unpacked' | 'content'> & { readonly options: MarketOptions },
  locked: LockedPackage,
  { signal }: { readonly signal: AbortSignal },
): Promise<PlacedArchive | undefined> {
  const digest = parseDigest(locked.digest)
  if (digest === undefined) return undefined
  // a kind that an old lock leaves open: as that which is given files of its own
  const whole = {
    name: nameOf(locked),
    version: locked.version,
    archive: locked.cid,
    digest,
    manifest: { kind: locked.kind ?? 'template' },
  }
  const stat = content.stat(locked.cid)
  if (stat?.isWhole === true) {
    try {
      const summary = await inspectArchive(content.read(locked.cid, { signal }), options)
      const isPinned = Buffer.compare(summary.digest, digest) === 0
      return isPinned ? { ...whole, size: stat.size, fileCount: summary.files.length } : undefined
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      // a block on our own disk went bad and was set aside: what was unpacked may be right; anything else is no archive
      if (content.stat(locked.cid)?.isWhole === true) return undefined
    }
  }
  const files = await unpacked?.list(digest)
  return files && { ...whole, size: files.reduce((sum, { size }) => sum + size, 0), fileCount: files.length }
}
