import { systemClock } from '../../lib/clock.ts'
import { openDatabase } from '../../store/database.ts'
import { openPeer } from './bench-of-peers.ts'

/** Appends notes until it is killed, and says each one after it is acknowledged. Run as a process of its own. */
const [, , path] = process.argv
if (path === undefined) throw new Error('name the database file')
const peer = await openPeer('ada', { database: openDatabase({ path }), clock: systemClock })
const lanes = [0, 1, 2, 3].map(async (lane) => {
  for (let count = 0; ; count++) {
    const entry = await peer.journal.append('note', { text: `${lane} ${count}` })
    process.stdout.write(`${entry.header.seq} ${entry.cid}\n`)
  }
})
await Promise.all(lanes)
