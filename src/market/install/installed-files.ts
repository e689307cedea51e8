import { Fault } from '../../lib/fault.ts'
import { readArchive } from '../archive/unpack.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import { parseDigest } from '../release.ts'
import type { LockedPackage } from './lock.ts'

/**
 * The files that a package of a lock has, by what lies on this disk: as it was unpacked, or its archive. Undefined when nothing here says
 * so any more.
 */
export async function findInstalledFiles(
  { unpacked, content, options }: Pick<MarketDeps, 'unpacked' | 'content'> & { readonly options: MarketOptions },
  { digest, cid }: Pick<LockedPackage, 'digest' | 'cid'>,
  { signal }: { readonly signal: AbortSignal },
): Promise<ReadonlySet<string> | undefined> {
  const bytes = parseDigest(digest)
  const known = bytes && (await unpacked?.list(bytes))
  if (known !== undefined) return new Set(known.map(({ path }) => path))
  if (content.stat(cid)?.isWhole !== true) return undefined
  const paths = new Set<string>()
  try {
    for await (const { path, body } of readArchive(content.read(cid, { signal }), options)) {
      paths.add(path)
      for await (const _ of body) signal.throwIfAborted()
    }
    return paths
  } catch (error) {
    // A block on our own disk went bad, or it is no archive: a lock may have been written by anybody.
    if (!(error instanceof Fault)) throw error
    return undefined
  }
}
