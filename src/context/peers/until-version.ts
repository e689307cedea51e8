import type { HiveId } from '../../journal/entry.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Reader } from '../../store/database.ts'
import { findVersionOf } from '../version-table.ts'

export interface UntilVersionDeps {
  readonly hive: HiveId
  readonly database: Reader
  readonly onVersion: (listener: (entry: Cid) => void) => () => void
}

/** Waits until the version that an entry says can be read here; false when it cannot by the time of the signal. */
export async function untilVersion(
  { hive, database, onVersion }: UntilVersionDeps,
  entry: Cid,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  const isHere = (): boolean => findVersionOf(database, hive, entry) !== undefined
  if (isHere()) return true
  const { promise, resolve } = Promise.withResolvers<void>()
  const off = onVersion((told) => {
    if (told === entry) resolve()
  })
  const onAbort = (): void => resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // it may have come between the look and the listening
    if (!isHere() && !signal.aborted) await promise
    return isHere()
  } finally {
    off()
    signal.removeEventListener('abort', onAbort)
  }
}
