import { join } from 'node:path'

/** Where things are in a home. @see docs/protocols/store.md §1 */
export interface HomePaths {
  readonly home: string
  readonly database: string
  readonly lock: string
  readonly blobs: string
  readonly keys: string
}

/** The paths of a home's parts. */
export function homePaths(home: string): HomePaths {
  return {
    home,
    database: join(home, 'althing.sqlite'),
    lock: join(home, 'lock.sqlite'),
    blobs: join(home, 'blobs'),
    keys: join(home, 'keys'),
  }
}
