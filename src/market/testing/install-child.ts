/** Publishes the sources of a home, then installs packages into a project. Dies at a pass of the failpoint named. With a folder at the end, packages are kept unpacked there. For tests of crashes. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createSeededChance } from '../../lib/chance.ts'
import { systemClock } from '../../lib/clock.ts'
import { armFailpoint } from '../../lib/failpoint.ts'
import { silentLog } from '../../lib/log.ts'
import { plainInstall } from './project.ts'
import { UnpackedStore } from '../unpacked/unpacked-store.ts'
import { openStand } from './stand.ts'

const [home = '', project = '', names = '', point = '', pass = '1', directory] = process.argv.slice(2)

const surroundings = { clock: systemClock, chance: createSeededChance(11), log: silentLog }
const store = directory === undefined ? {} : { unpacked: new UnpackedStore(surroundings, { directory }) }
await using ada = await openStand('ada', store)
for (const group of await readdir(join(home, 'sources'))) {
  for (const folder of await readdir(join(home, 'sources', group))) {
    await ada.handlers['p2p.publish']({ path: join(home, 'sources', group, folder) }, ada.context)
  }
}
armFailpoint(point, { action: 'exit' }, Number(pass))
await ada.handlers['marketplace.install']({ ...plainInstall, packages: names.split(' '), directory: project }, ada.context)
