import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeTemporary, manifestOf, openStand, releasesOf, streamOf, testMarketOptions, writeFiles } from '../testing/stand.ts'
import { findDetails } from './find-details.ts'
import { findServers } from './installed-servers.ts'
import type { InstalledFolder } from './installed-servers.ts'

const signal = new AbortController().signal
const options = { maxManifestBytes: 262_144, signal }

test('the servers of a folder are those of the manifest that the release was made from; of two of one name the first stands', async (t) => {
  const root = await makeTemporary(t)
  await using ada = await openStand('ada')
  const plugin = (name: string) =>
    JSON.stringify({ name, version: '1.0.0', description: 'd', mcpServers: { a: { command: 'second' }, c: { command: 'third' } } })
  const sources: Readonly<Record<string, { readonly files: Readonly<Record<string, string>>; readonly manifest?: string }>> = {
    a: { files: { 'package.toml': manifestOf('a', '1.0.0', 'dependencies = ["b@^1", "left-pad"]\n[tool.mcp]\ncommand = "first"\n') } },
    // published by the second of its manifests
    b: {
      files: { 'package.toml': manifestOf('b', '1.0.0', '[tool.mcp]\ncommand = "not this"\n'), '.claude-plugin/plugin.json': plugin('b') },
      manifest: '.claude-plugin/plugin.json',
    },
    changed: { files: { 'package.toml': manifestOf('changed', '1.0.0', '[tool.mcp]\ncommand = "old"\n') } },
    plain: { files: { 'package.toml': manifestOf('plain'), '.claude-plugin/plugin.json': plugin('plain') } },
    skill: { files: { 'SKILL.md': '---\nname: skill\ndescription: d\n---\n' } },
  }
  for (const [name, { files, manifest }] of Object.entries(sources)) {
    const path = await writeFiles(join(root, name), files)
    await ada.handlers['marketplace.publish']({ path, dryRun: false, allowSecret: [], ...(manifest && { manifest }) }, ada.context)
  }
  await writeFiles(join(root, 'changed'), { 'package.toml': manifestOf('changed', '1.0.0', '[tool.mcp]\ncommand = "evil"\n') })
  const folderOf = (name: string): InstalledFolder => {
    const [release] = releasesOf(ada, name)
    assert.ok(release !== undefined)
    return { path: join(root, name), manifest: release.manifest }
  }
  assert.deepEqual(await findServers(['changed', 'plain', 'skill', 'a', 'b'].map(folderOf), options), {
    mcpServers: { a: { command: 'first', args: [] }, c: { command: 'third', args: [] } },
  })
  assert.equal(await findServers(['changed', 'plain', 'skill'].map(folderOf), options), null)
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
