import type { MarketDeps } from './market.ts'
import type { IndexedRelease } from './package-index.ts'

/** Whether the archive of a release is whole on this disk. */
export function isOnDisk(deps: Pick<MarketDeps, 'content'>, { archive }: Pick<IndexedRelease, 'archive'>): boolean {
  return deps.content.stat(archive)?.isWhole === true
}
