import { join } from 'node:path'
import { makeFolder } from '../../lib/make-folder.ts'
import type { MarketDeps } from '../market.ts'
import type { RegistryOptions } from './options.ts'
import type { StaticFile } from './static-files.ts'
import { configPath } from './rules/registry-paths.ts'
import { findStatic } from './static-files.ts'

export interface ShowRequest {
  /** A folder of the home. */
  readonly directory: string
  /** Ends an export under way. */
  readonly signal: AbortSignal
}

/** The current hive as a registry: exported when it is asked for, and again when what is shown is older than `serveAgeMs`. */
export function createShow(
  deps: Pick<MarketDeps, 'database' | 'content' | 'chance' | 'clock' | 'findHive'>,
  options: Pick<RegistryOptions, 'serveAgeMs'>,
  { directory, signal }: ShowRequest,
): (path: string) => Promise<StaticFile | undefined> {
  let exportedAt = Number.NEGATIVE_INFINITY
  let exporting: Promise<unknown> | undefined
  const exportAgain = async (folder: string): Promise<void> => {
    const { exportHive } = await import('./export.ts')
    const hive = deps.findHive(undefined)
    if (hive.genesis === undefined) return
    await makeFolder(folder, { mode: 0o700 })
    const context = { signal, hive: undefined, report: () => {} }
    await exportHive(deps, { hive, genesis: hive.genesis, folder, names: new Set(), context })
    exportedAt = deps.clock.monotonic()
  }
  return async (path) => {
    const folder = join(directory, deps.findHive(undefined).hive)
    const isOld = deps.clock.monotonic() - exportedAt >= options.serveAgeMs
    // who asks for several files at once waits for one export
    if (isOld && path === configPath) exporting ??= exportAgain(folder).finally(() => (exporting = undefined))
    else if (isOld && path.endsWith('.jsonl')) exporting ??= exportAgain(folder).finally(() => (exporting = undefined))
    await exporting
    return findStatic(folder, path)
  }
}
