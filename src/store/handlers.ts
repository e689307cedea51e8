import type { Clock } from '../lib/clock.ts'
import type { CallContext, HandlersOf, Progress } from '../operations/define-operation.ts'
import { backupHome } from './backup.ts'
import type { BlobStore } from './blobs.ts'
import { countPackedBlocks } from './block-table.ts'
import type { Database } from './database.ts'
import { optimizeBlobs, verifyBlobs } from './maintenance.ts'
import { schemaVersion } from './migrations/migrate.ts'
import type { storeOperations } from './operations.ts'

export interface StoreHandlersDeps {
  readonly database: Database
  readonly blobs: BlobStore
  readonly home: string
  readonly clock: Clock
  /** Unpacked packages, and the length of their files. */
  readonly unpackedUsage: () => Promise<{ readonly packages: number; readonly bytes: number }>
  /** Those of these blocks that something refers to. */
  readonly findNeeded: (blocks: readonly string[]) => readonly string[]
  /** Fetches again what these damaged blocks (64 hexadecimal digits) belong to: CIDs of what is whole again, and of what is not. */
  readonly repair: (
    damaged: readonly string[],
    options: { readonly signal: AbortSignal },
  ) => Promise<{ readonly repaired: readonly string[]; readonly lost: readonly string[] }>
}

/** What the store answers itself. `store.gc` is answered by whoever knows the references; `backup.restore` runs without a node. */
export type StoreHandlers = Pick<HandlersOf<typeof storeOperations>, 'store.stats' | 'store.optimize' | 'store.verify' | 'backup.create'>

/** The handlers of a running node's store. */
export function createStoreHandlers({ database, blobs, home, clock, unpackedUsage, findNeeded, repair }: StoreHandlersDeps): StoreHandlers {
  return {
    'store.stats': async () => {
      const { blocks, bytes, storedBytes, maxDiskBytes } = blobs.usage()
      const savedBytes = bytes - storedBytes
      const compressedBlocks = countPackedBlocks(database)
      const quarantinedBlocks = await blobs.countQuarantined()
      const sizes = { blocks, bytes, storedBytes, savedBytes, maxDiskBytes, compressedBlocks, quarantinedBlocks }
      const { packages: unpackedPackages, bytes: unpackedBytes } = await unpackedUsage()
      return { ...sizes, unpackedPackages, unpackedBytes, databaseBytes: databaseBytes(database), schemaVersion }
    },
    'store.optimize': async (_, context) =>
      await optimizeBlobs({ blobs, database }, { signal: context.signal, onProgress: reporter(context, 'blocks') }),
    'store.verify': async (input, context) => {
      const { blocks, bytes, corrupt } = await verifyBlobs({ blobs }, { signal: context.signal, onProgress: reporter(context, 'blocks') })
      const wrong = database.checkIntegrity()
      // Those found by an earlier run or a read, too: what is missing stays missing until it is fetched again.
      const damaged = [...new Set([...corrupt, ...findNeeded(await blobs.listLost())])].toSorted()
      const mended = input.repair && damaged.length > 0 ? await repair(damaged, context) : { repaired: [], lost: [] }
      return {
        blocks,
        bytes,
        corrupt: damaged,
        database: [...wrong],
        isSound: damaged.length + wrong.length === 0,
        repaired: [...mended.repaired],
        lost: [...mended.lost],
      }
    },
    'backup.create': async ({ target, keys }, { signal, report }) =>
      await backupHome({
        home,
        target,
        includeKeys: keys,
        clock,
        signal,
        onProgress: ({ stage, done, total }) => report({ stage, done, total, unit: 'items' }),
      }),
  }
}

function reporter({ report }: CallContext, stage: string): (progress: Pick<Progress, 'done'> & { readonly total: number }) => void {
  return ({ done, total }) => report({ stage, done, total, unit: 'items' })
}

/** Length of the database file, without its log. */
function databaseBytes(database: Database): number {
  const pages = database.get<{ readonly page_count: number }>('pragma page_count')?.page_count ?? 0
  const pageBytes = database.get<{ readonly page_size: number }>('pragma page_size')?.page_size ?? 0
  return pages * pageBytes
}
