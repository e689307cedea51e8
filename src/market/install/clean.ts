import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CallContext } from '../../operations/define-operation.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import { readLock } from './lock-file.ts'
import type { PlaceInput } from './place.ts'
import { ignoreName, makeFolder, placeOf, refuseOutside } from './place.ts'
import { openPlaceLock } from './place-lock.ts'
import { exists, placeLockName, recoverPlace, stagingName } from './swap.ts'
import { findStrays } from './verify.ts'

export interface CleanInput extends PlaceInput {
  readonly dryRun: boolean
  readonly force: boolean
}

/** What was cleared, or would be. */
export interface CleanReport {
  readonly removed: string[]
  readonly strays: string[]
  readonly hint: string | null
}

/**
 * Finishes or takes back what was interrupted in a place, and clears what it left; with `force` also packages that the lock does not name.
 *
 * @throws Fault LOCK_INVALID, TARGET_REFUSED, STORE_LOCKED
 */
export async function cleanPlace(
  deps: MarketDeps & { readonly options: MarketOptions },
  input: CleanInput,
  context: CallContext,
): Promise<CleanReport> {
  const place = await placeOf(deps, input)
  const staging = join(place.packages, stagingName)
  const hint = 'downloads that nothing refers to any more, and unpacked packages that no project uses, are freed by `althing store gc`'
  if (!(await exists(staging)))
    return { removed: [], strays: (await findStrays(place, await readLock(place.lock))).map((name) => join(place.packages, name)), hint }
  await refuseOutside(place, staging)
  await using _ = input.dryRun
    ? undefined
    : await openPlaceLock(place, { clock: deps.clock, waitMs: deps.options.installWaitMs, signal: context.signal })
  const names = await readdir(staging)
  const left = names.filter((name) => !name.startsWith(placeLockName) && name !== ignoreName).map((name) => join(staging, name))
  if (!input.dryRun) await recoverPlace(place, deps.chance)
  const strays = (await findStrays(place, await readLock(place.lock))).map((name) => join(place.packages, name))
  if (!input.force) return { removed: left, strays, hint }
  for (const stray of input.dryRun ? [] : strays) {
    // Follows no link that leads out of the place.
    await makeFolder(place, dirname(stray))
    await rm(stray, { recursive: true, force: true })
  }
  return { removed: [...left, ...strays], strays: [], hint }
}
