import type { Cid } from '../lib/cid.ts'
import type { Fault } from '../lib/fault.ts'
import { storeFaults } from '../store/faults.ts'

/** The fault for a header on this disk that can be read no more: it was whole when it was stored. */
export function damagedHeader(cid: Cid): Fault {
  return storeFaults.create('STORE_CORRUPT', {
    message: `the stored header of entry ${cid} is damaged: check the disk, then bring back a backup with \`althing restore\`, or move the home away and sync anew`,
    data: { entry: cid },
  })
}
