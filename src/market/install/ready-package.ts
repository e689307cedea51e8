import { describeError } from '../../lib/fault.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import { errorCode } from '../../store/faults.ts'
import type { ArchiveEntry } from '../archive/entry.ts'
import { entriesOf, readArchive } from '../archive/unpack.ts'
import type { Giver, MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { Unpacked } from '../unpacked/unpacked-store.ts'
import type { FetchedArchive } from './fetch-archive.ts'
import { fetchArchive } from './fetch-archive.ts'
import type { PlacedArchive } from './pinned-archive.ts'

export interface ReadyRequest {
  readonly hive: MarketHive
  readonly release: PlacedArchive
  /** Whether files of the store are hashed whatever they look like: what was placed from it turned out to be changed. */
  readonly isDeep: boolean
  readonly context: CallContext
}

/** A package that can be placed without asking anybody. */
export interface ReadyPackage {
  /** Who gave how many bytes. */
  readonly providers: readonly Giver[]
  /** In the store of unpacked packages; undefined where there is none, or it has no room: then its archive is whole on this disk. */
  readonly unpacked: Unpacked | undefined
}

/** Has a package on this disk, from the store of unpacked ones or from its archive. @throws Fault of `fetchArchive` */
export async function readyPackage(
  deps: MarketDeps & { readonly options: MarketOptions },
  { hive, release, isDeep, context }: ReadyRequest,
): Promise<ReadyPackage> {
  const known = await deps.unpacked?.find(release.digest, { isDeep, signal: context.signal })
  // A release that says something else of the same bytes is refused as its archive is.
  if (known !== undefined && known.files.length === release.fileCount) return { providers: [], unpacked: known }
  known?.[Symbol.dispose]()
  const { providers, files } = await fetchArchive(deps, { hive, release, context })
  return { providers, unpacked: await unpack(deps, { release, files, context }) }
}

async function unpack(
  deps: MarketDeps & { readonly options: MarketOptions },
  { release, files, context }: Pick<ReadyRequest, 'release' | 'context'> & Pick<FetchedArchive, 'files'>,
): Promise<Unpacked | undefined> {
  const { signal } = context
  const entries = (): AsyncIterable<ArchiveEntry> =>
    files === undefined ? readArchive(deps.content.read(release.archive, { signal }), deps.options) : entriesOf(files)
  try {
    return await deps.unpacked?.put(release.digest, entries, { signal })
  } catch (error) {
    // The disk of the home may be full or not writable where that of the project is not: then the archive is unpacked there.
    if (errorCode(error) === undefined || signal.aborted) throw error
    deps.log.warn('a package could not be kept unpacked in the home', { name: release.name, problem: describeError(error) })
    return undefined
  }
}
