/** Publishes the sources of a home, then installs packages into a project. Dies at a pass of the failpoint named. For tests of crashes. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { armFailpoint } from '../../lib/failpoint.ts'
import { plainInstall } from './project.ts'
import { openStand } from './stand.ts'

const [home = '', project = '', names = '', point = '', pass = '1'] = process.argv.slice(2)

await using ada = await openStand('ada')
for (const group of await readdir(join(home, 'sources'))) {
  for (const folder of await readdir(join(home, 'sources', group))) {
    await ada.handlers['p2p.publish']({ path: join(home, 'sources', group, folder) }, ada.context)
  }
}
armFailpoint(point, { action: 'exit' }, Number(pass))
await ada.handlers['marketplace.install']({ ...plainInstall, packages: names.split(' '), directory: project }, ada.context)
