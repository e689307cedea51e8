import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { findFolderRemote } from './folder-remote.ts'

/** A folder with a repository's configuration, and one below it. */
function makeRepository(t: TestContext, config: string): { readonly root: string; readonly below: string } {
  const root = mkdtempSync(join(tmpdir(), 'althing-remote-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const below = join(root, 'src', 'ui')
  mkdirSync(below, { recursive: true })
  mkdirSync(join(root, '.git'))
  writeFileSync(join(root, '.git', 'config'), config)
  return { root, below }
}

const remote = (name: string, url: string): string => `[remote "${name}"]\n\turl = ${url}\n\tfetch = +refs/heads/*:refs/remotes/${name}/*\n`

test('the remote of a folder is that of the repository around it: origin, else the only one', (t) => {
  const both = makeRepository(
    t,
    `[core]\n\tbare = false\n${remote('fork', 'git@x.org:eve/shop')}${remote('origin', 'git@x.org:team/shop.git')}`,
  )
  assert.equal(findFolderRemote(both.below), 'git@x.org:team/shop.git')
  assert.equal(findFolderRemote(makeRepository(t, remote('up', 'ssh://git@x.org/team/shop')).root), 'ssh://git@x.org/team/shop')
  const none = makeRepository(t, `${remote('a', 'x.org:a')}${remote('b', 'x.org:b')}`)
  assert.equal(findFolderRemote(none.root), undefined)
  assert.equal(findFolderRemote(makeRepository(t, '[core]\n').below), undefined)
})

test('a remote beside the repository is made absolute, and a secret in an address stays where it is', (t) => {
  const { root } = makeRepository(t, remote('origin', '../shop.git'))
  assert.equal(findFolderRemote(root), join(root, '..', 'shop.git'))
  const { below } = makeRepository(t, remote('origin', 'https://ada:secret@x.org/team/shop'))
  assert.equal(findFolderRemote(below), 'https://x.org/team/shop')
  assert.equal(findFolderRemote(makeRepository(t, remote('origin', `https://x.org/${'a'.repeat(3_000)}`)).root), undefined)
})

test('a worktree has the remote of its repository', (t) => {
  const { root } = makeRepository(t, remote('origin', 'git@x.org:team/shop'))
  const own = join(root, '.git', 'worktrees', 'other')
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'commondir'), '../..\n')
  const tree = mkdtempSync(join(tmpdir(), 'althing-tree-'))
  t.after(() => rmSync(tree, { recursive: true, force: true }))
  writeFileSync(join(tree, '.git'), `gitdir: ${own}\n`)
  assert.equal(findFolderRemote(tree), 'git@x.org:team/shop')
})
