import { readArchive } from '../archive/unpack.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { writeFolder } from './write-folder.ts'

export interface MaterialiseRequest {
  /** Whose archive is whole on this disk, and was looked at. */
  readonly release: IndexedRelease
  /** A folder that does not exist yet. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly onBytes: (count: number) => void
}

/** Makes the folder of a package, whole and lasting: the one place where files of packages are written. @throws what the disk says */
export async function materialisePackage(
  deps: MarketDeps & { readonly options: MarketOptions },
  { release, folder, signal, onBytes }: MaterialiseRequest,
): Promise<void> {
  await writeFolder(folder, readArchive(deps.content.read(release.archive, { signal }), deps.options), onBytes)
}
