import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeTemporary, manifestOf, openStand, releasesOf, streamOf, testMarketOptions, writeFiles } from '../testing/stand.ts'
import { findDetails } from './find-details.ts'
import { findServers } from './installed-servers.ts'

const signal = new AbortController().signal
const options = { maxManifestBytes: 262_144, signal }

test('of two servers of one name the first stands; a folder whose manifest is not read brings none', async (t) => {
  const root = await makeTemporary(t)
  const plugin = JSON.stringify({
    name: 'b',
    version: '1.0.0',
    description: 'd',
    mcpServers: { a: { command: 'second' }, c: { command: 'third' } },
  })
  await writeFiles(root, {
    'a/package.toml': manifestOf('a', '1.0.0', '[tool.mcp]\ncommand = "first"\n'),
    'b/.claude-plugin/plugin.json': plugin,
    'broken/package.toml': 'this is none',
    'none/README.md': '',
  })
  const folders = ['broken', 'none', 'a', 'b'].map((name) => join(root, name))
  assert.deepEqual(await findServers(folders, options), {
    mcpServers: { a: { command: 'first', args: [] }, c: { command: 'third', args: [] } },
  })
  assert.equal(await findServers(folders.slice(0, 2), options), null)
})

test('S13: a list of files that is longer than any can be is not read', async (t) => {
  await using ada = await openStand('ada')
  await ada.handlers['p2p.publish'](
    { path: await writeFiles(join(await makeTemporary(t), 'demo'), { 'package.toml': manifestOf('demo') }) },
    ada.context,
  )
  const [release] = releasesOf(ada, 'demo')
  assert.ok(release !== undefined)
  let reads = 0
  const content = {
    ...ada.content,
    stat: () => ({ cid: release.files, size: 8_388_609, isWhole: true, presentBytes: 8_388_609 }),
    read: () => {
      reads += 1
      return streamOf('x')
    },
  }
  const hive = ada.deps.findHive(undefined)
  const deps = { ...ada.deps, options: testMarketOptions, content }
  assert.equal(await findDetails(deps, { hive, release, signal, mayFetch: false }), undefined)
  assert.equal(reads, 0)
})
