// Two nodes of two owners on one machine: an invite, a package that travels, an install.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openNode } from 'althing'

const folder = await mkdtemp(join(tmpdir(), 'althing-two-nodes-'))
const settings = { 'network.listen': ['/ip4/127.0.0.1/tcp/0'], 'network.mdns': false, 'http.port': 0 }
const codeReview = fileURLToPath(new URL('packages/code-review', import.meta.url))

try {
  await using ada = await openNode({ home: join(folder, 'ada'), settings })
  await using bob = await openNode({ home: join(folder, 'bob'), settings })

  const { code } = await ada.call('hive.invite', {})
  const { name } = await bob.call('hive.join', { code, handle: 'bob' })
  console.log(`bob joined ${name}`)

  const published = await ada.call('p2p.publish', { path: codeReview })
  console.log(`ada published ${published.name}@${published.version}`)

  const { packages } = await bob.call('p2p.search', { query: ['review'] })
  console.log(`bob found ${packages.map((found) => found.name).join(', ')}`)

  const {
    packages: [installed],
  } = await bob.call('marketplace.install', { packages: ['code-review'], target: join(folder, 'project') })
  console.log(`bob installed ${installed?.package}@${installed?.version}: ${installed?.files} files`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
