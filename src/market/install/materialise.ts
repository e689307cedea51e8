import { readArchive } from '../archive/unpack.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import { waysOf } from '../rules/sharing.ts'
import { sharePackage } from '../unpacked/share-package.ts'
import type { Unpacked } from '../unpacked/unpacked-store.ts'
import type { PlacedArchive } from './pinned-archive.ts'
import { writeFolder } from './write-folder.ts'

export interface MaterialiseRequest {
  readonly release: PlacedArchive
  /** In the store; without, its archive is whole on this disk, and was looked at. */
  readonly unpacked: Unpacked | undefined
  /** A folder that does not exist yet. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly onBytes: (count: number) => void
}

/** Makes the folder of a package, whole and lasting: the one place where files of packages are put into projects. @throws what the disk says */
export async function materialisePackage(
  deps: MarketDeps & { readonly options: MarketOptions },
  { release, unpacked, folder, signal, onBytes }: MaterialiseRequest,
): Promise<void> {
  if (unpacked === undefined) return writeFolder(folder, readArchive(deps.content.read(release.archive, { signal }), deps.options), onBytes)
  const ways = waysOf({ sharing: deps.options.sharing, isPrivileged: isPrivileged(), kind: release.manifest.kind })
  await sharePackage(unpacked, { folder, ways, signal, onBytes })
}

/** Whether read-only files are no hindrance to this process; where nobody has a number, nobody knows. */
function isPrivileged(): boolean {
  return (process.getuid?.() ?? 0) === 0
}
