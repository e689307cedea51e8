import type { PeerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { HandlersOf } from '../operations/define-operation.ts'
import type { BlobStore } from '../store/blobs.ts'
import type { Database } from '../store/database.ts'
import type { storeOperations } from '../store/operations.ts'
import { collectContent } from './collect.ts'
import type { ContentStoreOptions, LocalContentStore } from './content-store.ts'

export interface ContentHandlersDeps {
  readonly content: LocalContentStore
  readonly blobs: BlobStore
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  /** Removes unpacked packages last used before a moment of our wall time that no project shares; says what went, or would. */
  readonly sweepUnpacked: (options: {
    readonly before: number
    readonly isDryRun: boolean
    readonly signal: AbortSignal
  }) => Promise<{ readonly packages: number; readonly bytes: number }>
  /** Our own name, by which we know whether a copy kept for others may go. */
  readonly node: PeerId
}

/** What content answers of the operations the store declares: only it knows what refers to a block. */
export type ContentHandlers = Pick<HandlersOf<typeof storeOperations>, 'store.gc'>

export function createContentHandlers(deps: ContentHandlersDeps, options: ContentStoreOptions): ContentHandlers {
  return {
    'store.gc': async ({ dryRun }, { signal }) => {
      const report = await collectContent(deps, { ...options, isDryRun: dryRun, signal })
      const { removedBlocks, removedBytes, keptBlocks, youngBlocks } = report
      const swept = await deps.sweepUnpacked({ before: deps.clock.now() - options.graceMs, isDryRun: dryRun, signal })
      const unpacked = { removedPackages: swept.packages, removedPackageBytes: swept.bytes }
      return { isDryRun: dryRun, removedBlocks, removedBytes, keptBlocks: keptBlocks - youngBlocks, youngBlocks, ...unpacked }
    },
  }
}
