import assert from 'node:assert/strict'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { chunkDigest } from '../content/chunks.ts'
import { readAll, testBytes, testHive } from '../content/testing/fleet.ts'
import { contentOf, sendPieces, serveScript } from '../content/testing/scripted.ts'
import { encodeAnswer } from '../content/protocol.ts'
import type { Cid } from '../lib/cid.ts'
import { findVersions, getRelease } from './package-index.ts'
import { plainInstall } from './testing/project.ts'
import { makeTemporary, manifestOf, writeFiles } from './testing/stand.ts'
import { openYard } from './testing/yard.ts'
import type { Trader, Yard } from './testing/yard.ts'
import { searchFor } from './testing/search-for.ts'

const mebibyte = 1_048_576
const noise = testBytes(5 * mebibyte + 77)

/** A folder of several chunks to publish, and a project to install into. */
async function setUp(t: TestContext): Promise<{ folder: string; project: string }> {
  const root = await makeTemporary(t)
  const folder = await writeFiles(join(root, 'noise'), { 'package.toml': manifestOf('noise'), 'data/noise.bin': noise, 'a.txt': 'one' })
  return { folder, project: await writeFiles(join(root, 'project'), { 'althing.toml': '' }) }
}

async function install(yard: Yard, trader: Trader, directory: string) {
  const input = { ...plainInstall, packages: ['noise'], directory }
  const { packages } = await yard.ask(trader.handlers['marketplace.install'](input, yard.context))
  return packages[0] ?? assert.fail()
}

function archiveOf(trader: Trader): Cid {
  const [version] = findVersions(trader.database, testHive, 'noise')
  const release = version && getRelease(trader.database, version.entry)
  assert.ok(release)
  return release.archive
}

async function assertWhole(path: string): Promise<void> {
  assert.deepEqual(new Uint8Array(await readFile(join(path, 'data/noise.bin'))), noise)
  assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), 'one')
}

test('what ada publishes is copied, found and installed over the network, byte for byte', async (t) => {
  await using yard = openYard()
  const [ada, bob, cy] = [
    await yard.open(yard.fleet.open('ada'), 3),
    await yard.open(yard.fleet.open('bob')),
    await yard.open(yard.fleet.open('cy')),
  ]
  await yard.fleet.connect(ada, bob, cy)
  const { folder, project } = await setUp(t)
  const published = await yard.ask(ada.handlers['p2p.publish']({ path: folder }, yard.context))
  assert.deepEqual(published.copies, { wanted: 2, confirmed: 2 })
  assert.equal(published.hint, null)

  const eve = await yard.open(yard.fleet.open('eve'))
  await yard.fleet.connect(eve, bob, cy)
  await yard.fleet.clock.advance(1_000)
  const { packages } = await yard.ask(eve.handlers['p2p.search'](searchFor('nois'), yard.context))
  assert.deepEqual(
    packages.map(({ package: name, providers, isHere }) => [name, providers, isHere]),
    [['@ada/noise', 2, false]],
  )
  const report = await install(yard, eve, project)
  assert.equal(report.change, 'added')
  assert.ok(report.providers.every(({ peer }) => peer === bob.peer || peer === cy.peer))
  await assertWhole(report.path)
  assert.deepEqual((await install(yard, eve, project)).changed, [])
})

test('F23: a provider that lies is left, and the package is installed whole from who does not', async (t) => {
  await using yard = openYard()
  const [ada, bob, eve] = [await yard.open(yard.fleet.open('ada')), await yard.open(yard.fleet.open('bob')), yard.fleet.openHost('eve')]
  await yard.fleet.connect(ada, bob)
  const { folder, project } = await setUp(t)
  await yard.ask(ada.handlers['p2p.publish']({ path: folder }, yard.context))
  await yard.fleet.clock.advance(1_000)
  const cid = archiveOf(bob)
  let lies = 0
  serveScript(eve, contentOf(ada.content, cid, await readAll(ada.content, cid)), {
    get: async (channel, { id, count }) => {
      await channel.send(encodeAnswer({ t: 'get', id, count }))
      for (let index = 0; index < count; index += 1) {
        lies += 1
        await sendPieces(channel, new Uint8Array(mebibyte))
      }
    },
  })
  await yard.fleet.connect(bob, { host: eve })
  const report = await install(yard, bob, project)
  assert.ok(lies > 0)
  assert.deepEqual(
    report.providers.map(({ peer }) => peer),
    [ada.peer],
  )
  await assertWhole(report.path)
})

test('F23: with nobody but a liar nothing is unpacked, and nothing of it counts as here', async (t) => {
  await using yard = openYard()
  const [ada, bob, eve] = [await yard.open(yard.fleet.open('ada')), await yard.open(yard.fleet.open('bob')), yard.fleet.openHost('eve')]
  await yard.fleet.connect(ada, bob)
  const { folder, project } = await setUp(t)
  await yard.ask(ada.handlers['p2p.publish']({ path: folder }, yard.context))
  await yard.fleet.clock.advance(1_000)
  const cid = archiveOf(bob)
  const content = contentOf(ada.content, cid, await readAll(ada.content, cid))
  serveScript(eve, { ...content, bytes: new Uint8Array(content.bytes.byteLength) }, {})
  await yard.fleet.connect(bob, { host: eve })
  bob.host.expel(ada.peer)
  await assert.rejects(install(yard, bob, project), { code: 'CONTENT_UNAVAILABLE' })
  assert.equal(bob.content.stat(cid)?.presentBytes, 0)
  assert.deepEqual((await readdir(project)).toSorted(), ['.althing', 'althing.toml'])
  assert.deepEqual(await readdir(join(project, '.althing/packages')), ['.staging'])
})

test('F8: a byte tampered with on the disk of the publisher is never installed; another copy, or publishing again, helps', async (t) => {
  await using yard = openYard()
  const directory = await makeTemporary(t)
  const ada = await yard.open(await yard.fleet.openOnDisk('ada', directory))
  const bob = await yard.open(yard.fleet.open('bob'))
  await yard.fleet.connect(ada, bob)
  const { folder, project } = await setUp(t)
  await yard.ask(ada.handlers['p2p.publish']({ path: folder }, yard.context))
  await yard.fleet.clock.advance(1_000)
  const list = ada.content.listOf(archiveOf(ada))
  assert.ok(list)
  const name = Buffer.from(chunkDigest(list, 2)).toString('hex')
  const file = join(directory, name.slice(0, 2), name)
  const bytes = await readFile(file)
  bytes[1_000] = (bytes[1_000] ?? 0) ^ 4
  await writeFile(file, bytes)
  await assert.rejects(install(yard, bob, project), { code: 'CONTENT_UNAVAILABLE' })
  assert.deepEqual(await readdir(join(project, '.althing/packages')), ['.staging'])

  const again = await yard.ask(ada.handlers['p2p.publish']({ path: folder }, yard.context))
  assert.equal(again.status, 'unchanged')
  const report = await install(yard, bob, project)
  await assertWhole(report.path)
})
