import assert from 'node:assert/strict'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeTemporary, writeFiles } from '../testing/stand.ts'
import { toInstallFault } from './disk-fault.ts'
import { findPlace, makeFolder } from './place.ts'
import type { Place } from './place.ts'

function find(directory: string, more: { readonly isGlobal?: boolean; readonly target?: string } = {}): Promise<Place> {
  return findPlace({ directory, isGlobal: more.isGlobal ?? false, target: more.target, globalDirectory: '/home/packages' })
}

test('the project is the nearest folder upward with althing.toml or .git', async (t) => {
  const root = await writeFiles(await makeTemporary(t), { '.git/HEAD': '', 'a/althing.toml': '', 'a/b/c/x': '', 'd/e/x': '' })
  assert.equal((await find(join(root, 'a/b/c'))).root, join(root, 'a'))
  assert.equal((await find(join(root, 'd/e'))).root, root)
})

test('a worktree, whose .git is a file, is a project too', async (t) => {
  const root = await writeFiles(await makeTemporary(t), { '.git': 'gitdir: elsewhere', 'a/x': '' })
  assert.equal((await find(join(root, 'a'))).root, root)
})

test('what the disk says of a place is told as a fault', () => {
  const outcome = (code: string): unknown => Reflect.get(Object(toInstallFault(Object.assign(new Error('no'), { code }), '/x')), 'code')
  assert.equal(outcome('EACCES'), 'TARGET_REFUSED')
  assert.equal(outcome('EROFS'), 'TARGET_REFUSED')
  assert.equal(outcome('ENOSPC'), 'DISK_FULL')
  assert.equal(outcome('EIO'), 'DISK_ERROR')
  const bug = new Error('a bug')
  assert.equal(toInstallFault(bug, '/x'), bug)
})

test('--target comes before --global, and both before the project', async (t) => {
  const root = await writeFiles(await makeTemporary(t), { 'althing.toml': '' })
  assert.deepEqual(await find(root, { isGlobal: true }), {
    kind: 'global',
    root: '/home/packages',
    packages: '/home/packages',
    lock: '/home/packages/althing.lock',
    skills: undefined,
  })
  assert.equal((await find(root, { isGlobal: true, target: join(root, 't') })).packages, join(root, 't'))
})

test('S12: a folder is made through links inside of the place only', async (t) => {
  const base = await makeTemporary(t)
  const root = await writeFiles(join(base, 'project'), { 'althing.toml': '', 'real/x': '' })
  await mkdir(join(base, 'outside'))
  const place = await find(root)
  await symlink('real', join(root, 'inside'))
  await makeFolder(place, join(root, 'inside/new'))
  assert.deepEqual((await readdir(join(root, 'real'))).toSorted(), ['new', 'x'])
  await makeFolder(place, join(root, '..two dots'))
  for (const [name, target] of [
    ['out', '../outside'],
    ['up', '..'],
    ['gone', '/does/not/exist'],
    ['loop', 'loop'],
  ] as const) {
    await symlink(target, join(root, name))
    await assert.rejects(makeFolder(place, join(root, name, 'new')), { code: 'TARGET_REFUSED' }, name)
  }
  await writeFile(join(root, 'file'), '')
  await assert.rejects(makeFolder(place, join(root, 'file/new')), { code: 'TARGET_REFUSED', message: /no folder/ })
  await assert.rejects(makeFolder(place, join(root, '../elsewhere')), { code: 'TARGET_REFUSED', message: /outside/ })
  assert.deepEqual((await readdir(base)).toSorted(), ['outside', 'project'])
  assert.deepEqual(await readdir(join(base, 'outside')), [])
})
