import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { install } from './testing/project.ts'
import { exchangeWith, makeTemporary, manifestOf, openStand, replicate, writeFiles } from './testing/stand.ts'
import type { Stand } from './testing/stand.ts'
import { searchFor } from './testing/search-for.ts'

test('what ada publishes, bob finds and installs', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), {
    'package.toml': manifestOf('rust-web', '0.7.0', 'keywords = ["rust", "web"]\nlicense = "MIT"\n'),
    'src/main.rs': 'fn main() {}\n',
  })
  await using ada = await openStand('ada')
  const published = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.equal(published.status, 'published')
  assert.equal(published.name, 'rust-web')
  assert.equal(published.files, 2)
  assert.deepEqual(published.copies, { wanted: 2, confirmed: 0 })
  assert.match(published.hint ?? '', /^stored here, 0 copies/)

  const bob: Stand = await openStand('bob', { exchange: exchangeWith(() => bob, ada), peers: [ada.node] })
  await using _ = bob
  await replicate(ada, bob)
  const found = await bob.handlers['p2p.search'](searchFor('rust web'), bob.context)
  assert.deepEqual(
    found.packages.map(({ package: name, version, providers, isHere }) => ({ name, version, providers, isHere })),
    [{ name: '@ada/rust-web', version: '0.7.0', providers: 1, isHere: false }],
  )

  const project = await writeFiles(await makeTemporary(t), { 'althing.toml': '', 'deep/er/x': '' })
  const installed = await install(bob, 'rust-web', { directory: join(project, 'deep/er') })
  assert.equal(installed.change, 'added')
  assert.equal(installed.path, join(project, '.althing/packages/@ada/rust-web'))
  assert.equal(await readFile(join(installed.path, 'src/main.rs'), 'utf8'), 'fn main() {}\n')
  assert.equal((await stat(join(installed.path, 'src/main.rs'))).mode & 0o777, 0o644)
  assert.match(await readFile(join(project, 'althing.lock'), 'utf8'), /package = "@ada\/rust-web"\nowner = "z6Mk/)

  assert.equal((await install(bob, 'rust-web', { directory: project })).change, 'present')
  const listed = await bob.handlers['marketplace.list'](
    { directory: project, global: false, published: false, detailed: false },
    bob.context,
  )
  assert.deepEqual(
    listed.packages.map(({ where, package: name, version, state }) => ({ where, name, version, state })),
    [{ where: 'project', name: '@ada/rust-web', version: '0.7.0', state: 'installed' }],
  )
})
