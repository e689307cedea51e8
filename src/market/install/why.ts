import type { CallContext } from '../../operations/define-operation.ts'
import type { MarketDeps } from '../market.ts'
import { findPaths } from '../rules/paths-to.ts'
import { readLock } from './lock-file.ts'
import type { PlaceInput } from './place.ts'
import { placeOf } from './place.ts'
import { findLocked } from './wish.ts'

/** Why a package is there. */
export interface WhyReport {
  readonly package: string
  readonly version: string
  /** From what was asked for to the package, shortest first. */
  readonly paths: { package: string; version: string; range: string }[][]
}

/** Paths that are shown. */
const maxPaths = 20

/** Every way from what was installed by name to a package. @throws Fault of `findLocked`, LOCK_INVALID */
export async function explainPackage(
  deps: MarketDeps,
  input: PlaceInput & { readonly package: string },
  context: CallContext,
): Promise<WhyReport> {
  const hive = deps.findHive(context.hive)
  const place = await placeOf(deps, input)
  const lock = await readLock(place.lock)
  const target = findLocked({ lock, file: place.lock, hive }, input.package)
  const roots = [...lock.values()].flatMap(({ package: name, requested }) =>
    requested === undefined ? [] : [{ package: name, range: requested }],
  )
  const needsOf = (name: string): readonly { readonly package: string; readonly range: string }[] => lock.get(name)?.dependencies ?? []
  const paths = findPaths({ roots, needsOf, target: target.package, max: maxPaths })
  const versionOf = (name: string): string => lock.get(name)?.version ?? ''
  return {
    package: target.package,
    version: target.version,
    paths: paths.map((path) => path.map(({ package: name, range }) => ({ package: name, version: versionOf(name), range }))),
  }
}
