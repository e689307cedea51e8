import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { LocalContentStore } from '../content/content-store.ts'
import { openContentStore } from '../content/content-store.ts'
import type { Shutdown } from '../health/shutdown.ts'
import { Acquaintances } from '../hive/acquaintances.ts'
import type { KeyStore } from '../identity/key-store.ts'
import { openKeyStore } from '../identity/key-store.ts'
import type { SealKeys } from '../identity/seal-keys.ts'
import { openSealKeys } from '../identity/seal-keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { UnpackedStore } from '../market/unpacked/unpacked-store.ts'
import type { BlobStore } from '../store/blobs.ts'
import type { Database } from '../store/database.ts'
import { openDatabase } from '../store/database.ts'
import { openBlobStore } from '../store/disk-blobs.ts'
import { makeHome } from '../store/make-home.ts'
import { storePaths } from '../store/store-paths.ts'
import { openWriteLock } from '../store/write-lock.ts'

/** What every hive of a node shares: its disk and its keys. */
export interface Home {
  readonly path: string
  readonly database: Database
  readonly blobs: BlobStore
  readonly content: LocalContentStore
  /** Unpacked packages, shared between projects. */
  readonly unpacked: UnpackedStore
  readonly keys: KeyStore
  /** Keys that content is sealed to; made when one is needed. */
  readonly sealKeys: SealKeys
  /** Whom its person follows, blocks and calls by names of their own. */
  readonly acquaintances: Acquaintances
}

/** What comes from outside the process, handed to every part. */
export interface Surroundings {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

export interface OpenHomeOptions {
  readonly path: string
  readonly config: Config
  readonly signal: AbortSignal
}

/** Takes the write lock of a home, and opens what lies in it; all is closed by `shutdown`, the lock last. @throws Fault STORE_LOCKED, STORE_NEWER, KEY_EXPOSED, … */
export async function openHome(deps: Surroundings & { readonly shutdown: Shutdown }, options: OpenHomeOptions): Promise<Home> {
  const { clock, chance, log, shutdown } = deps
  const { path, config, signal } = options
  const paths = storePaths(path)
  await makeHome(path)
  shutdown.use('write lock', await openWriteLock({ path: paths.lock, clock, waitMs: config.store.lockWaitMs, signal }))
  const keys = await openKeyStore(
    { clock, chance },
    { directory: paths.keys, label: machineLabel(), scryptLogN: config.identity.scryptLogN },
  )
  const sealKeys = await openSealKeys({ clock }, { directory: paths.keys })
  const database = shutdown.use('database', openDatabase({ path: paths.database }))
  const blobs = shutdown.use('blocks', await openBlobStore({ database, directory: paths.blobs, clock, log }, config.content))
  const content = openContentStore({ blobs, database, clock, log }, config.content)
  const unpacked = new UnpackedStore({ clock, chance, log }, { directory: join(path, 'unpacked') })
  return { path, database, blobs, content, unpacked, keys, sealKeys, acquaintances: new Acquaintances({ database, clock }) }
}

/** The machine's name as a label and hive name: 1–32 of `[a-z0-9-]`. */
export function machineLabel(): string {
  const name = hostname().toLowerCase().split('.')[0] ?? ''
  const label = name
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 32)
    .replace(/-+$/, '')
  return label === '' ? 'machine' : label
}
