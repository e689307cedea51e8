/** Publishes a folder in a home. Dies at the failpoint named. For tests of crashes. */
import { armFailpoint } from '../../lib/failpoint.ts'
import { openStand } from './stand.ts'

const [home = '', folder = '', point = ''] = process.argv.slice(2)

await using ada = await openStand('ada', { home })
armFailpoint(point, { action: 'exit' })
await ada.handlers['p2p.publish']({ path: folder }, ada.context)
