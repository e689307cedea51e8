import { join } from 'node:path'
import { defaultConfig } from '../../src/config/load.ts'
import type { Exchange } from '../../src/content/content.ts'
import { openContentStore } from '../../src/content/content-store.ts'
import type { LocalContentStore } from '../../src/content/content-store.ts'
import { openExchange } from '../../src/content/exchange.ts'
import type { SigningKey } from '../../src/identity/keys.ts'
import { systemChance } from '../../src/lib/chance.ts'
import type { Cid } from '../../src/lib/cid.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { Host } from '../../src/network/host.ts'
import type { BlobStore } from '../../src/store/blobs.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { Database } from '../../src/store/database.ts'
import { openBlobStore } from '../../src/store/disk-blobs.ts'
import { createMemoryBlobStore } from '../../src/store/memory-blobs.ts'
import { benchHive } from './open-journal.ts'

/** Content of a node and its way to other nodes, without the rest of the node. */
export interface BenchContent extends AsyncDisposable {
  readonly content: LocalContentStore
  readonly exchange: Exchange
  /** Lets members ask for it, as a record would. */
  readonly reference: (cid: Cid) => Promise<void>
}

export interface BenchContentOptions {
  /** Where blocks and the database lie; in memory without it. */
  readonly folder?: string
  readonly uploadBytesPerSecond?: number
}

/** Opens content over a host, which stays the caller's. */
export async function openBenchContent(host: Host, key: SigningKey, options: BenchContentOptions): Promise<BenchContent> {
  const { content: config } = await defaultConfig()
  const { folder, uploadBytesPerSecond = config.uploadBytesPerSecond } = options
  await using stack = new AsyncDisposableStack()
  const database = stack.use(openDatabase({ path: folder === undefined ? ':memory:' : join(folder, 'althing.sqlite') }))
  const blobs = stack.use(await openBlobs(database, folder))
  const common = { clock: systemClock, log: silentLog, blobs, database }
  const content = openContentStore(common, config)
  const deps = { ...common, hive: benchHive, host, content, key, chance: systemChance }
  const exchange = stack.use(openExchange(deps, { ...config, uploadBytesPerSecond }))
  const owned = stack.move()
  return {
    content,
    exchange,
    reference: (cid) => database.write((tx) => content.reference(tx, { hive: benchHive, cid, reason: 'pin', source: 'bench' })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function openBlobs(database: Database, folder: string | undefined): Promise<BlobStore> {
  const { content: options } = await defaultConfig()
  if (folder === undefined) return createMemoryBlobStore({ clock: systemClock }, options)
  return openBlobStore({ database, directory: join(folder, 'blobs'), clock: systemClock, log: silentLog }, options)
}
