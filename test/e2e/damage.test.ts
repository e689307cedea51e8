import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Machine } from './machine.ts'
import {
  namedOf,
  enter,
  eventually,
  knownBy,
  list,
  neighboursOf,
  number,
  openVillage,
  text,
  untilKnown,
  untilMet,
  writePackage,
} from './machine.ts'

test('F8: a flipped byte under a running provider reaches nobody, is found by verify, and is fetched again', async (t) => {
  const village = openVillage(t)
  const [ada, bob, cy] = [village.settle('ada'), village.settle('bob'), village.settle('cy')]
  await ada.start()
  await enter(ada, bob)
  await untilMet(ada, 1)
  const folder = writePackage(village, 'web', { bytes: 5_000_000 })
  const published = await ada.ask('p2p', 'publish', folder)
  assert.equal(number(published, 'copies', 'confirmed'), 1)

  flipByte(ada)
  await enter(ada, cy)
  await eventually(
    'cy knows it and both who have it',
    async () => [await knownBy(cy), (await neighboursOf(cy)).length],
    ([known, peers]) => known === 1 && peers === 2,
  )
  const installed = namedOf(await cy.ask('install', 'web'))
  assert.deepEqual(readFileSync(join(text(installed, 'path'), 'content.bin')), readFileSync(join(folder, 'content.bin')))

  flipByte(bob)
  const verified = await bob.run(['store', 'verify', '--json'])
  const { isSound, corrupt } = JSON.parse(verified.stdout) as { readonly isSound: boolean; readonly corrupt: readonly string[] }
  assert.deepEqual([verified.code, isSound, corrupt.length], [1, false, 1])
  const repaired = await bob.ask('store', 'verify', '--repair')
  assert.deepEqual([list(repaired, 'repaired').length, repaired['lost']], [1, []])
  assert.equal((await bob.ask('store', 'verify'))['isSound'], true)
})

test('F8: when the only provider is damaged, the install says so and writes nothing', async (t) => {
  const village = openVillage(t, {
    ALTHING_CONTENT_REPLICAS: '1',
    ALTHING_CONTENT_FETCH_TIMEOUT_MS: '4000',
    ALTHING_CONTENT_STALL_TIMEOUT_MS: '2000',
  })
  const [ada, bob] = [village.settle('ada'), village.settle('bob')]
  await ada.start()
  await ada.ask('p2p', 'publish', writePackage(village, 'web', { bytes: 2_000_000 }))
  flipByte(ada)
  await enter(ada, bob)
  await untilKnown(bob, 1)
  const { code, stderr } = await bob.run(['install', 'web'])
  assert.equal(code, 1)
  assert.match(stderr, /CONTENT_UNAVAILABLE|PACKAGE_UNAVAILABLE/)
  assert.equal(existsSync(join(bob.project, 'althing.lock')), false)
  assert.deepEqual(
    filesUnder(join(bob.project, '.althing')).filter((path) => path.endsWith('content.bin')),
    [],
  )
})

test('F18: a node that stood still while others published has everything when it goes on', async (t) => {
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '500' })
  const [ada, bob, cy] = [village.settle('ada'), village.settle('bob'), village.settle('cy')]
  await ada.start()
  await enter(ada, bob)
  const sleeper = await enter(ada, cy)
  for (const machine of [ada, bob, cy]) {
    await untilMet(machine, 2)
  }
  sleeper.kill('SIGSTOP')
  for (let index = 0; index < 4; index += 1) {
    for (const machine of [ada, bob]) await machine.call('p2p.publish', { path: writePackage(village, `${machine.name}-${index}`) })
  }
  sleeper.kill('SIGCONT')
  await untilKnown(cy, 8)
  await cy.ask('p2p', 'publish', writePackage(village, 'awake'))
  for (const machine of [ada, bob]) await untilKnown(machine, 9)
})

test('one of two providers killed in the middle of a transfer: the install completes from the other', async (t) => {
  const village = openVillage(t, { ALTHING_CONTENT_REPLICAS: '2', ALTHING_CONTENT_UPLOAD_BYTES_PER_SECOND: '3000000' })
  const [ada, bob, cy] = [village.settle('ada'), village.settle('bob'), village.settle('cy')]
  await ada.start()
  await enter(ada, bob)
  await untilMet(ada, 1)
  const folder = writePackage(village, 'large', { bytes: 12_000_000 })
  await ada.ask('p2p', 'publish', folder)
  await eventually(
    'bob has a copy',
    async () => number(await bob.look('p2p', 'status'), 'content', 'bytes'),
    (bytes) => bytes > 12_000_000,
  )
  await enter(ada, cy)
  await eventually(
    'cy sees both',
    async () => [await knownBy(cy), (await neighboursOf(cy)).length],
    ([known, peers]) => known === 1 && peers === 2,
  )

  const install = cy.begin(['install', 'large', '--json'])
  await eventually(
    'the transfer runs',
    async () => number(await cy.look('p2p', 'status'), 'content', 'bytes'),
    (bytes) => bytes > 2_000_000,
  )
  await bob.end('SIGKILL')
  const { code, stdout, stderr } = await install.ended
  assert.equal(code, 0, stderr)
  const path = text(namedOf(JSON.parse(stdout)), 'path')
  assert.deepEqual(readFileSync(join(path, 'content.bin')), readFileSync(join(folder, 'content.bin')))
})

test('F5: on a full disk a publish says so, what was there goes on, and there is room again after it', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'althing-e2e-disk-'))
  // Before the hook of the village, and lazily: a process that still ends must not keep it mounted.
  t.after(() => {
    spawnSync('umount', ['-l', disk])
    rmdirSync(disk)
  })
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]).status !== 0)
    return t.skip('a small file system needs the right to mount')
  const village = openVillage(t)
  const ada = village.settle('ada', { ALTHING_HOME: join(disk, 'home') })
  await ada.start()
  await ada.ask('p2p', 'publish', writePackage(village, 'small'))
  const refused = await ada.run(['p2p', 'publish', writePackage(village, 'huge', { bytes: 40_000_000 })])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /DISK_FULL/)
  const found = list(await ada.ask('p2p', 'search'), 'packages').map((hit) => text(hit, 'name'))
  assert.deepEqual(found, ['small'])
  await ada.ask('install', 'small')
  assert.equal((await ada.ask('store', 'verify'))['isSound'], true)
  await ada.ask('store', 'gc')
  assert.equal((await ada.ask('p2p', 'publish', writePackage(village, 'next')))['status'], 'published')
  assert.equal((await ada.end('SIGTERM')).code, 0)
  await ada.start()
  assert.equal(await knownBy(ada), 2)
})

/** Changes a byte in the middle of the largest block on a disk. */
function flipByte({ home }: Machine): void {
  const [largest] = filesUnder(join(home, 'blobs'))
    .filter((path) => !path.includes('quarantine'))
    .toSorted((one, other) => statSync(other).size - statSync(one).size)
  assert.ok(largest !== undefined)
  const bytes = readFileSync(largest)
  const middle = Math.floor(bytes.byteLength / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  writeFileSync(largest, bytes)
}

function filesUnder(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
