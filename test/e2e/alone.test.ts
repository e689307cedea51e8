import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { start } from './command.ts'
import { knownBy, list, openVillage, text, writePackage } from './machine.ts'

test('two publishes at once on one home both succeed, one after the other, without a node', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  const publishes = ['one', 'two', 'three'].map(async (name) => ada.run(['p2p', 'publish', writePackage(village, name), '--json']))
  for (const { stdout, stderr } of await Promise.all(publishes)) assert.equal(statusOf(stdout), 'published', stderr)
  assert.equal(await knownBy(ada), 3)
  assert.equal((await ada.ask('store', 'verify'))['isSound'], true)
})

test('commands at once through a running node', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  await ada.start()

  await t.test('three publishes at once all succeed', async () => {
    const publishes = ['one', 'two', 'three'].map(async (name) => ada.ask('p2p', 'publish', writePackage(village, name)))
    for (const answer of await Promise.all(publishes)) assert.equal(answer['status'], 'published')
    assert.equal(await knownBy(ada), 3)
  })

  await t.test('three installs at once into one project leave both, and a lock that names both', async () => {
    await Promise.all(['one', 'two', 'one'].map(async (name) => ada.ask('install', name)))
    const installed = list(await ada.ask('list'), 'packages').filter((entry) => entry['where'] === 'project')
    assert.deepEqual(
      installed.map((entry) => entry['state']),
      ['installed', 'installed'],
    )
  })
})

test('without any network, loopback included, all that is local works and the rest says so', async (t) => {
  if (spawnSync('unshare', ['-n', 'true']).status !== 0) return t.skip('a machine without network needs the right to unshare')
  const village = openVillage(t)
  const ada = village.settle('ada')
  const offline = { home: ada.home, cwd: ada.project, under: ['unshare', '-n'], env: {} }
  const run = async (...words: readonly string[]) => start([...words, '--json'], offline).ended

  const published = await run('p2p', 'publish', writePackage(village, 'web'))
  assert.equal(statusOf(published.stdout), 'published', published.stderr)
  assert.equal(published.code, 1)
  const { hint } = JSON.parse(published.stdout) as { readonly hint: string }
  assert.match(hint, /nobody is connected/)
  const found = JSON.parse((await run('search', 'web')).stdout) as { readonly packages: readonly unknown[] }
  assert.equal(found.packages.length, 1)
  const installed = await run('install', 'web')
  assert.equal(statusOf(installed.stdout), 'done', installed.stderr)

  const node = start(['p2p', 'start'], offline)
  t.after(async () => {
    node.kill('SIGKILL')
    await node.ended
  })
  await node.until(/node started on no address/)
  const again = await ada.ask('p2p', 'publish', writePackage(village, 'more'))
  assert.equal(again['status'], 'published')
  assert.equal(text(await ada.ask('p2p', 'status'), 'hive', 'policy'), 'closed')
  node.kill('SIGTERM')
  assert.equal((await node.ended).code, 0)
})

function statusOf(stdout: string): string {
  return stdout === '' ? '' : (JSON.parse(stdout) as { readonly status: string }).status
}
