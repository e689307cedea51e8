import { join } from 'node:path'

/** Where the store keeps its parts in a home. @see docs/protocols/store.md §1 */
export interface StorePaths {
  readonly home: string
  readonly database: string
  readonly lock: string
  readonly blobs: string
  /** Key files; only a backup that is told to reads them here. */
  readonly keys: string
  /** The operator's settings; part of a backup. */
  readonly config: string
}

/** All of them for one home. */
export function storePaths(home: string): StorePaths {
  return {
    home,
    database: join(home, 'althing.sqlite'),
    lock: join(home, 'lock.sqlite'),
    blobs: join(home, 'blobs'),
    keys: join(home, 'keys'),
    config: join(home, 'config.toml'),
  }
}
