import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import type { IndexedRelease } from '../package-index.ts'
import { makeTemporary, manifestOf, openStand, releasesOf, writeFiles } from '../testing/stand.ts'
import { listOwnContent } from './own-content.ts'

test('what this node published is listed newest first, each archive with its list of files; what others did is not', async (t) => {
  await using ada = await openStand('ada')
  const context = { hive: testHive, node: ada.node }
  const releases: IndexedRelease[] = []
  for (const version of ['1.0.0', '1.1.0']) {
    const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo', version) })
    await ada.handlers['p2p.publish']({ path: folder }, ada.context)
    releases.unshift(...releasesOf(ada, 'demo').filter(({ manifest }) => manifest.version === version))
  }
  const [newer, older] = releases
  assert.deepEqual(listOwnContent(ada.database, context, 10), [newer?.archive, newer?.files, older?.archive, older?.files])
  assert.deepEqual(listOwnContent(ada.database, context, 2), [newer?.archive, newer?.files])
  assert.deepEqual(listOwnContent(ada.database, { ...context, node: nodeOf('bob') }, 10), [])
})
