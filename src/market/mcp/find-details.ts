import { concatBytes } from '../../lib/bytes.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { describeError } from '../../lib/fault.ts'
import { maxFileListBytes, readDetails } from '../file-list.ts'
import type { ManifestDetails } from '../manifest/details.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'

export interface FindDetails {
  readonly hive: MarketHive
  readonly release: Pick<IndexedRelease, 'files' | 'name' | 'version'>
  readonly signal: AbortSignal
  /** Whether members are asked for the list, when it is not on this disk. */
  readonly mayFetch: boolean
}

/** What the manifest of a release says beside the fields of every format; undefined while nobody here has its list of files. */
export async function findDetails(
  deps: MarketDeps & { readonly options: MarketOptions },
  { hive, release, signal, mayFetch }: FindDetails,
): Promise<ManifestDetails | undefined> {
  try {
    const isHere = (): boolean => deps.content.stat(release.files)?.isWhole === true
    if (!isHere() && mayFetch && hive.exchange !== undefined) {
      const late = withDeadline(deps.clock, deps.options.announceTimeoutMs, signal)
      await hive.exchange.fetch(release.files, { signal: late, maxBytes: maxFileListBytes })
    }
    const size = deps.content.stat(release.files)?.size ?? Number.POSITIVE_INFINITY
    if (!isHere() || size > maxFileListBytes) return undefined
    return readDetails(concatBytes(await Array.fromAsync(deps.content.read(release.files, { signal }))))
  } catch (error) {
    signal.throwIfAborted()
    deps.log.debug('the list of files of a release could not be had', {
      package: release.name,
      version: release.version,
      reason: describeError(error),
    })
    return undefined
  }
}
