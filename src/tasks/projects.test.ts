import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HiveId } from '../journal/entry.ts'
import { testHive } from '../journal/testing/bench-of-peers.ts'
import { encodeText } from '../lib/bytes.ts'
import { createCid, dagCborCodec } from '../lib/cid.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { openDatabase } from '../store/database.ts'
import { createProjects, listAllProjects, unnamedProject } from './projects.ts'

const clock = createVirtualClock({ startsAt: 0 })
const otherHive = createCid(dagCborCodec, encodeText('an open hive')) as HiveId
const shop = { url: 'https://git.example.org/team/shop', forge: 'gitea', base: 'main' } as const

test('a project of one hive is none of another, though both are of one node', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const [ours, open] = [testHive, otherHive].map((hive) => createProjects({ database, clock, hive }))
  assert.ok(ours !== undefined && open !== undefined)
  await ours.add(shop)
  assert.deepEqual(open.list(), [])
  assert.throws(() => open.find('shop'), { code: 'PROJECT_MISSING' })
  await open.add({ ...shop, base: 'next' })
  assert.deepEqual([ours.find('shop').base, open.find('shop').base], ['main', 'next'])
  assert.equal(listAllProjects(database).length, 2)
  await open.remove(open.find('shop').id)
  assert.equal(ours.find('team/shop').url, shop.url)
})

test('who names no project is told which there are, and an end that several names have is no name', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const projects = createProjects({ database, clock, hive: testHive })
  assert.match(unnamedProject(projects.list()).message, /^no project was added yet; `althing project add URL` does$/)
  assert.throws(() => projects.find('shop'), {
    message: '"shop" is no project of this node; no project was added yet; `althing project add URL` does',
  })
  for (const url of ['/srv/a/shop.git', '/srv/b/shop.git']) await projects.add({ url, forge: 'git', base: 'main' })
  assert.match(unnamedProject(projects.list()).message, /^name a project: this node has file:\/srv\/a\/shop, file:\/srv\/b\/shop$/)
  assert.throws(() => projects.find('shop'), {
    code: 'PROJECT_MISSING',
    message: /^"shop" is the end of more than one project; say which: file:\/srv\/a/,
  })
})
