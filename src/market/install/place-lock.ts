import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import { openWriteLock } from '../../store/write-lock.ts'
import { toInstallFault } from './disk-fault.ts'
import type { Place } from './place.ts'
import { refuseOutside, refuseTarget } from './place.ts'
import { placeLockName, stagingName } from './swap.ts'

export interface PlaceLockRequest {
  readonly clock: Clock
  /** How long to wait for who holds it, in milliseconds. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

/**
 * The right to change what is installed in a place, whose folder for staging exists. Goes with the process.
 *
 * @throws Fault TARGET_REFUSED, STORE_LOCKED, STORE_ON_NETWORK, DISK_FULL, DISK_ERROR
 */
export async function openPlaceLock(place: Place, request: PlaceLockRequest): Promise<AsyncDisposable> {
  await refuseOutside(place, join(place.packages, stagingName))
  const path = join(place.packages, stagingName, placeLockName)
  await refuseForeignLock(path)
  return await openWriteLock({ path, ...request }).catch((error: unknown) => {
    throw toInstallFault(error, path)
  })
}

/**
 * Ours is a plain file and always empty. A project may be anybody's: SQLite would make the file that a link leads to, and play back
 * a journal that lies beside a database.
 */
async function refuseForeignLock(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found !== undefined && (!found.isFile() || found.size > 0)) throw refuseTarget(path, 'it is no lock of ours')
}
