import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canRecordSyncs, recordSyncs } from '../../lib/record-syncs.fixture.ts'
import { install, setUpProject } from '../testing/project.ts'
import { writeFiles } from '../testing/stand.ts'

test('F1: what is installed, with what lies beside, is synced before the intent, that before the folders it moves in, and those before the lock', async (t) => {
  if (!canRecordSyncs) return t.skip('needs /proc to tell which file is synced')
  const { ada, project } = await setUpProject(t)
  const { path: folder } = await install(ada, 'demo@1.0.0', { directory: project })
  await writeFiles(folder, { 'own/x': 'beside' })
  const synced = await recordSyncs(t, project)
  await install(ada, 'demo@1.1.0', { directory: project })
  const order = [/\/a\.txt$/, /\/new-\w+$/, /\/new-\w+\/own$/, /\.intent\.json/, /\/\.staging$/, /\/@ada$/, /^\.althing\.lock-\w+$/, /^$/]
  const found = order.map((shape) => synced.findLastIndex((path) => shape.test(path)))
  assert.ok(
    found.every((place, index) => place > (found[index - 1] ?? -1)),
    JSON.stringify([found, synced]),
  )
  return undefined
})
