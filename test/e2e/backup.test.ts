import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { Machine } from './machine.ts'
import { addressOf, enter, list, number, openVillage, text, untilKnown, untilMet, writePackage } from './machine.ts'

test('F35: a home restored from an older backup gets back what it had signed since, and goes on', async (t) => {
  // its peers answer as soon as they are found, however long a busy machine takes for that
  const { bob, restored } = await setBack(t, { waitsMs: 60_000 })
  await restored.start()
  await untilKnown(restored, 3)
  await publishFourth(restored, bob)
  assert.deepEqual(incarnationsOf(bob), [1])
})

test('F35: restored and alone, it goes on in a new incarnation; nothing is lost, and all agree when the others come back', async (t) => {
  const { bob, restored } = await setBack(t, { waitsMs: 1_000 })
  await bob.end('SIGTERM')
  await restored.start()
  await restored.ask('p2p', 'publish', restored.fourth)
  await bob.start('--bootstrap', await addressOf(restored))
  await untilKnown(restored, 4)
  await publishFourth(restored, bob)
  assert.deepEqual(incarnationsOf(bob), [1, 2])
})

/** Ada, whose home was copied after one of three publishes, is gone; a home made of the copy has not been started. */
async function setBack(
  t: TestContext,
  { waitsMs }: { readonly waitsMs: number },
): Promise<{ readonly bob: Machine; readonly restored: Machine & { readonly fourth: string } }> {
  const village = openVillage(t)
  const [ada, bob] = [village.settle('ada'), village.settle('bob')]
  await ada.start()
  await enter(ada, bob)
  await untilMet(ada, 1)
  await ada.call('p2p.publish', { path: writePackage(village, 'first') })
  const backup = join(village.root, 'backup')
  assert.equal((await ada.ask('backup', backup, '--keys'))['includesKeys'], true)
  for (const name of ['second', 'third']) await ada.call('p2p.publish', { path: writePackage(village, name) })
  await untilKnown(bob, 3)
  await ada.end('SIGKILL')
  const restored = village.settle('restored', { ALTHING_JOURNAL_OWN_HEAD_TIMEOUT_MS: String(waitsMs) })
  await restored.ask('restore', backup)
  // What only reads takes it for the home that it is.
  await restored.ask('store', 'stats')
  return { bob, restored: { ...restored, fourth: writePackage(village, 'fourth') } }
}

/** One more publish, after which both say the same of four packages, and nobody is in doubt. */
async function publishFourth(restored: Machine & { readonly fourth: string }, bob: Machine): Promise<void> {
  await restored.ask('p2p', 'publish', restored.fourth)
  await untilKnown(bob, 4)
  const index = await indexOf(restored)
  assert.deepEqual(index, await indexOf(bob))
  assert.deepEqual(
    index.map((line) => line.split(' ')[0]),
    ['first', 'fourth', 'second', 'third'],
  )
  for (const machine of [restored, bob]) assert.equal(number(await machine.ask('p2p', 'status'), 'journals', 'troubled'), 0)
}

test('a backup without keys has none; with the owner key kept apart the restored home is the same owner on a new node', async (t) => {
  const village = openVillage(t, { ALTHING_IDENTITY_SCRYPT_LOG_N: '12' })
  const ada = village.settle('ada')
  const words = join(village.root, 'words.txt')
  const key = join(village.root, 'owner.age')
  writeFileSync(words, 'a canary sings at five past nine\n', { mode: 0o600 })
  await ada.run(['p2p', 'publish', writePackage(village, 'first')])
  const { owner } = await ada.ask('owner', 'show')
  await ada.ask('owner', 'export', key, '--passphrase-file', words)
  const backup = join(village.root, 'backup')
  assert.equal((await ada.ask('backup', backup))['includesKeys'], false)
  assert.deepEqual(
    readdirSync(backup, { recursive: true })
      .map(String)
      .filter((name) => /key/.test(name)),
    [],
  )
  assert.equal(existsSync(join(backup, 'keys')), false)

  const restored = village.settle('restored')
  await restored.ask('restore', backup)
  await restored.ask('owner', 'import', key, '--passphrase-file', words)
  assert.equal((await restored.ask('owner', 'show'))['owner'], owner)
  await restored.ask('install', 'first')
  const wrong = join(village.root, 'wrong.txt')
  writeFileSync(wrong, 'not these words at all\n', { mode: 0o600 })
  const refused = await village.settle('eve').run(['owner', 'import', key, '--passphrase-file', wrong])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /OWNER_EXPORT_INVALID/)
})

/** Every release a machine knows, as `name version digest`, sorted. */
async function indexOf(machine: Machine): Promise<readonly string[]> {
  const hits = list(await machine.call('p2p.search', { limit: 50 }), 'packages')
  const lines: string[] = []
  for (const hit of hits) {
    const about = await machine.call('marketplace.info', { package: text(hit, 'package'), directory: machine.project })
    lines.push(`${text(about, 'name')} ${text(about, 'version')} ${text(about, 'digest')}`)
  }
  return lines.toSorted()
}

/** Incarnations of all journals that a machine keeps. */
function incarnationsOf({ home }: Machine): readonly number[] {
  using database = new DatabaseSync(join(home, 'althing.sqlite'), { readOnly: true })
  return database
    .prepare('select distinct incarnation from chain order by incarnation')
    .all()
    .map((row) => Number(row['incarnation']))
}
