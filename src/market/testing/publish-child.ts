/** Says what a home has of a package, publishes a folder, and says it again. Dies at the failpoint named. For tests of crashes. */
import { testHive } from '../../journal/testing/bench-of-peers.ts'
import { armFailpoint } from '../../lib/failpoint.ts'
import { findReleases } from '../package-index.ts'
import { openStand } from './stand.ts'
import type { Stand } from './stand.ts'

const [home = '', folder = '', point = ''] = process.argv.slice(2)

await using ada = await openStand('ada', { home })
const before = await describe(ada)
armFailpoint(point, { action: 'exit' })
const report = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
console.log(before)
console.log(`${report.status} ${await describe(ada)}`)

/** Every release the index has, with whether all of its bytes are here and right. */
async function describe(stand: Stand): Promise<string> {
  const rows: string[] = []
  for (const release of findReleases(stand.database, testHive, 'demo')) {
    let size = 0
    for await (const chunk of stand.content.read(release.archive, { signal: stand.context.signal })) size += chunk.byteLength
    const isListed = stand.content.stat(release.files)?.isWhole === true
    rows.push(`${release.name}@${release.version} ${size === release.size && isListed ? 'whole' : 'torn'}`)
  }
  return rows.join(' ')
}
