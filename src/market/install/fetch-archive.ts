import type { Fault } from '../../lib/fault.ts'
import { Fault as FaultClass } from '../../lib/fault.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import type { HeldFile } from '../archive/unpack.ts'
import { inspectArchive, maxArchiveBytes, refuseArchive, streamOf } from '../archive/unpack.ts'
import { marketFaults } from '../faults.ts'
import type { FetchedBytes, Giver, MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { PlacedArchive } from './pinned-archive.ts'

export interface FetchArchiveRequest {
  readonly hive: MarketHive
  readonly release: PlacedArchive
  readonly context: CallContext
}

/** An archive that is whole on this disk. */
export interface FetchedArchive {
  /** Who gave how many bytes; empty when all was here. */
  readonly providers: readonly Giver[]
  /** What is in it, for an archive that is not long: it need not be read again. */
  readonly files: readonly HeldFile[] | undefined
}

/** Longest archive whose files are held in memory, in bytes; a few are looked at at once. */
const maxHeldBytes = 4_194_304

/**
 * Makes a release's archive whole on our disk and looks at every byte of it: size, digest, paths, canonical form.
 *
 * Without peers, what is on disk will do. Nothing is unpacked here.
 *
 * @throws Fault PACKAGE_UNAVAILABLE, CONTENT_UNAVAILABLE, ARCHIVE_REFUSED
 */
export async function fetchArchive(
  deps: MarketDeps & { readonly options: MarketOptions },
  { hive, release, context }: FetchArchiveRequest,
): Promise<FetchedArchive> {
  const { size } = release
  const most = maxArchiveBytes(deps.options)
  if (size > most) throw refuseArchive(`the release says ${size} bytes, ${most} are allowed`)
  const fetch = async (): Promise<FetchedBytes> => {
    if (hive.exchange === undefined) throw unavailable(release)
    const onProgress = (progress: { readonly receivedBytes: number }): void =>
      context.report({ stage: 'fetching', done: progress.receivedBytes, total: size, unit: 'bytes' })
    return hive.exchange.fetch(release.archive, { signal: context.signal, maxBytes: size, onProgress })
  }
  const isHere = deps.content.stat(release.archive)?.isWhole === true
  const { providers, bytes } = isHere ? { providers: [] } : await fetch()
  try {
    return { providers, files: await verifyArchive(deps, { release, context, bytes }) }
  } catch (error) {
    // A block on our disk went bad and was set aside: the others still have it.
    if (!(error instanceof FaultClass) || (error.code !== 'BLOCK_CORRUPT' && error.code !== 'CONTENT_MISSING')) throw error
    if (hive.exchange === undefined) throw error
    const again = await fetch()
    return { providers: again.providers, files: await verifyArchive(deps, { release, context, bytes: again.bytes }) }
  }
}

async function verifyArchive(
  deps: MarketDeps & { readonly options: MarketOptions },
  { release, context, bytes }: Pick<FetchArchiveRequest, 'release' | 'context'> & { readonly bytes: Uint8Array | undefined },
): Promise<readonly HeldFile[] | undefined> {
  const stat = deps.content.stat(release.archive)
  if (stat !== undefined && stat.size !== release.size) {
    throw refuseArchive(`it has ${stat.size} bytes, the release says ${release.size}`)
  }
  const held: HeldFile[] | undefined = release.size <= maxHeldBytes ? [] : undefined
  const source = bytes === undefined ? deps.content.read(release.archive, { signal: context.signal }) : streamOf(bytes)
  const summary = await inspectArchive(source, deps.options, held === undefined ? undefined : (file) => held.push(file))
  if (Buffer.compare(summary.digest, release.digest) !== 0) throw refuseArchive('its digest is not the one its owner signed')
  if (summary.files.length !== release.fileCount) {
    throw refuseArchive(`it has ${summary.files.length} files, the release says ${release.fileCount}`)
  }
  return held
}

function unavailable(release: PlacedArchive): Fault {
  return marketFaults.create('PACKAGE_UNAVAILABLE', {
    message: `the bytes of ${release.name} ${release.version} are not on this disk, and this node is not connected. Run \`althing p2p start\`, then install again.`,
    data: { cid: release.archive },
  })
}
