import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Machine } from './machine.ts'
import { namedOf, list, openVillage, text, writePackage } from './machine.ts'

/** Every step of a publish at which the process is ended, in their order. */
export const publishSteps = [
  'blob.put.begin',
  'blob.put.written',
  'blob.put.synced',
  'blob.put.renamed',
  'blob.put.directory-synced',
  'blob.put.recorded',
  'publish.archive',
  'publish.files',
  'publish.commit',
  'publish.appended',
] as const

/** Every step of an install. */
export const installSteps = [
  'install.fetched',
  'install.share',
  'install.unpacked',
  'install.intent',
  'install.aside',
  'install.moved',
  'install.locked',
] as const

/** Ends a publish at each of these steps: it is whole or absent after it, and the same publish again makes it whole. */
export async function killPublish(t: TestContext, steps: readonly (typeof publishSteps)[number][]): Promise<void> {
  const village = openVillage(t)
  const ada = village.settle('ada')
  // Makes the home: a command that only reads does not.
  await ada.run(['p2p', 'publish', writePackage(village, 'first')])
  for (const step of steps) {
    const name = step.replaceAll('.', '-')
    // longer than what lies in the database: its blocks are files
    const folder = writePackage(village, name, { bytes: 20_000 })
    const killed = await ada.run(['p2p', 'publish', folder], { ALTHING_FAILPOINT: `${step}=exit` })
    assert.equal(killed.signal, 'SIGKILL', `${step}: ${killed.stdout}${killed.stderr}`)

    const found = list(await ada.ask('p2p', 'search', name), 'packages').find((hit) => hit['name'] === name)
    if (found !== undefined) await installsWhole(ada, { name, folder })
    const isDurable = step === 'publish.appended'
    assert.equal(found !== undefined, isDurable, step)

    const again = await ada.run(['p2p', 'publish', folder, '--json'])
    const { status } = JSON.parse(again.stdout) as { readonly status: string }
    assert.equal(status, isDurable ? 'unchanged' : 'published', step)
    if (step === 'blob.put.renamed') await installsWhole(ada, { name, folder })
  }
  const published = list(await ada.ask('list', '--published'), 'packages').map((entry) => text(entry, 'package'))
  assert.equal(published.length, 1 + steps.length)
  assert.equal((await ada.ask('store', 'verify'))['isSound'], true)
}

/** Ends an install at each of these steps: the old package or the new one is there, and the same install again gives the new one. */
export async function killInstall(t: TestContext, steps: readonly (typeof installSteps)[number][]): Promise<void> {
  const village = openVillage(t)
  const ada = village.settle('ada')
  const old = writePackage(village, 'web', { version: '1.0.0', bytes: 100 })
  const fresh = writePackage(village, 'web', { version: '2.0.0', bytes: 200 })
  await ada.run(['p2p', 'publish', old])
  await ada.run(['p2p', 'publish', fresh])
  for (const step of steps) {
    const first = namedOf(await ada.ask('install', 'web@1.0.0', '--force'))
    const path = text(first, 'path')
    const killed = await ada.run(['install', 'web@latest'], { ALTHING_FAILPOINT: `${step}=exit` })
    assert.equal(killed.signal, 'SIGKILL', `${step}: ${killed.stdout}${killed.stderr}`)
    // what writes there next finishes it or takes it back
    await ada.ask('clean')
    const lock = readFileSync(join(ada.project, 'althing.lock'), 'utf8')
    const standing = /2\.0\.0/.test(lock) ? fresh : old
    assert.deepEqual(readFileSync(join(path, 'content.bin')), readFileSync(join(standing, 'content.bin')), step)

    const again = namedOf(await ada.ask('install', 'web@latest'))
    assert.equal(text(again, 'version'), '2.0.0', step)
    assert.deepEqual(readFileSync(join(path, 'content.bin')), readFileSync(join(fresh, 'content.bin')), step)
    assert.match(readFileSync(join(ada.project, 'althing.lock'), 'utf8'), /2\.0\.0/, step)
    assert.deepEqual(leftovers(join(ada.project, '.althing')), [], step)
  }
}

async function installsWhole(machine: Machine, { name, folder }: { readonly name: string; readonly folder: string }): Promise<void> {
  const path = text(namedOf(await machine.ask('install', name)), 'path')
  assert.deepEqual(readFileSync(join(path, 'content.bin')), readFileSync(join(folder, 'content.bin')), name)
}

/** What an interrupted install forgot: everything in staging folders but the lock that stays there. */
function leftovers(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => /\.staging|intent|aside/.test(name) && !/lock\.sqlite|\.staging$/.test(name))
}
