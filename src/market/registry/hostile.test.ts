import assert from 'node:assert/strict'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { formatLine, parseLine } from './line.ts'
import { install } from '../testing/project.ts'
import type { RegistryWorld } from '../testing/registry-world.ts'
import { addRegistry, introduce, openRegistryWorld } from '../testing/registry-world.ts'
import { ownerOf, openStand, manifestOf } from '../testing/stand.ts'
import { adasHive } from '../testing/registry-world.ts'
import { publish } from '../testing/project.ts'
import { listen } from '../testing/listen.ts'
import { searchFor } from '../testing/search-for.ts'
import { hashBytes } from '../../lib/cid.ts'
import { encodeText } from '../../lib/bytes.ts'

const axumPath = 'index/ax/um/axum'

async function urlOf(t: TestContext, listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(t, listener)}`
}

async function edit(world: RegistryWorld, path: string, change: (text: string) => string): Promise<void> {
  const file = join(world.folder, path)
  const text = change(await readFile(file, 'utf8'))
  await writeFile(file, text)
  if (!path.startsWith('index/')) return
  // a liar's list of names goes with it
  const digest = Buffer.from(hashBytes(encodeText(text))).toString('hex')
  await edit(world, 'names.jsonl', (names) => names.replace(/"digest":"[0-9a-f]+"/, `"digest":"${digest}"`))
}

async function refused(world: RegistryWorld): Promise<void> {
  await addRegistry(world, (await world.serve()).url)
  await assert.rejects(install(world.bob, 'axum', { directory: world.project }), { code: 'PACKAGE_UNKNOWN' })
}

test('S8: a registry can change nothing that was signed: not a byte of the header, the signature or the body', async (t) => {
  for (const field of ['header', 'signature', 'body']) {
    const world = await openRegistryWorld(t)
    await edit(world, axumPath, (text) =>
      text.replace(new RegExp(`("${field}":"[A-Za-z0-9+/]{40})(.)`), (_, head: string, next: string) => head + (next === 'A' ? 'B' : 'A')),
    )
    await refused(world)
  }
})

test('S8: what stands in a line for people is believed by nobody', async (t) => {
  const world = await openRegistryWorld(t)
  await edit(world, axumPath, (text) => text.replace('"version":"1.0.0"', '"version":"9.9.9"').replaceAll(ownerOf('ada'), ownerOf('eve')))
  await addRegistry(world, (await world.serve()).url)
  const installed = await install(world.bob, 'axum', { directory: world.project })
  assert.deepEqual([installed.version, installed.owner], ['1.0.0', ownerOf('ada')])
})

test('S8: releases by an owner who is no member, of another hive, and of another name are nobody’s', async (t) => {
  const eve = await openStand('eve', { genesis: adasHive })
  t.after(() => eve[Symbol.asyncDispose]())
  await introduce(eve, 'eve')
  const world = await openRegistryWorld(t)
  await publish(eve, { root: world.root, name: 'axum' }, { 'package.toml': manifestOf('axum', '6.6.6') })
  const evil = join(world.root, 'evil')
  await eve.handlers['registry.export']({ folder: evil, packages: [] }, eve.context)
  const line = await readFile(join(evil, axumPath), 'utf8')
  await edit(world, axumPath, (text) => text + line)
  await addRegistry(world, (await world.serve()).url)
  assert.equal((await install(world.bob, 'axum', { directory: world.project })).version, '1.0.0')
  // under another name than it was signed for
  await world.publish('tokio', '1.0.0')
  await world.export()
  await edit(world, axumPath, () => '')
  await cp(join(world.folder, 'index/to/ki/tokio'), join(world.folder, axumPath))
  const { packages } = await world.bob.handlers['marketplace.search'](searchFor('tokio'), world.bob.context)
  assert.deepEqual(
    packages.map(({ name }) => name),
    ['tokio'],
  )
})

test('S8: a certificate that is not of the node that signed makes nobody’s word of a line', async (t) => {
  const world = await openRegistryWorld(t)
  const [line] = (await readFile(join(world.folder, axumPath), 'utf8')).split('\n')
  const parsed = parseLine(line ?? '')
  assert.ok(parsed)
  assert.equal(formatLine(parsed), line)
  const other = JSON.stringify({ ...JSON.parse(line ?? '{}'), certificate: 'AAAA' })
  assert.equal(parseLine(other), undefined)
  assert.equal(parseLine('{}'), undefined)
  assert.equal(parseLine('not json'), undefined)
})

test('S8: other bytes than the owner signed are refused, whatever they are, and nothing is installed', async (t) => {
  const world = await openRegistryWorld(t)
  await world.publish('tokio', '1.0.0')
  await world.export()
  const archiveOf = async (path: string): Promise<string> => {
    const hex = /"digest":"sha256:([0-9a-f]+)"/.exec(await readFile(join(world.folder, path), 'utf8'))?.[1] ?? ''
    return join(world.folder, 'archives', hex.slice(0, 2), `${hex}.tar.zst`)
  }
  await cp(await archiveOf('index/to/ki/tokio'), await archiveOf(axumPath))
  await writeFile(await archiveOf('index/to/ki/tokio'), 'no zstd at all')
  await addRegistry(world, (await world.serve()).url)
  await assert.rejects(install(world.bob, 'tokio', { directory: world.project }), { code: 'REGISTRY_INVALID', message: /it is no zstd/ })
  await assert.rejects(install(world.bob, 'axum', { directory: world.project }), {
    code: 'REGISTRY_INVALID',
    message: /other bytes than its owner signed/,
  })
})

test('S9: an index that lacks what was seen is not believed, and said', async (t) => {
  const world = await openRegistryWorld(t)
  const { ada, bob, project } = world
  const old = await readFile(join(world.folder, axumPath), 'utf8')
  await world.publish('axum', '1.1.0')
  await ada.handlers['marketplace.yank']({ package: 'axum@1.0.0', reason: 'leaks', undo: false }, ada.context)
  await world.export()
  await addRegistry(world, (await world.serve()).url)
  await bob.handlers['marketplace.versions']({ package: 'axum' }, bob.context)
  // set back to before the yank and the newer version
  await edit(world, axumPath, () => old)
  const { versions } = await bob.handlers['marketplace.versions']({ package: 'axum' }, bob.context)
  assert.deepEqual(
    versions.map(({ version, yanked }) => [version, yanked]),
    [
      ['1.1.0', null],
      ['1.0.0', 'leaks'],
    ],
  )
  assert.equal((await bob.handlers['registry.list']({}, bob.context)).registries[0]?.withheld, 2)
  await assert.rejects(install(bob, 'axum', { directory: project }), {
    code: 'CONFIRMATION_NEEDED',
    message: /1\.1\.0 was seen here, and registry:.* offers no more than 1\.0\.0/,
  })
})

test('S9: a package that the registry denies is known all the same', async (t) => {
  const world = await openRegistryWorld(t)
  await addRegistry(world, (await world.serve()).url)
  await world.bob.handlers['marketplace.versions']({ package: 'axum' }, world.bob.context)
  await rm(join(world.folder, axumPath))
  await writeFile(join(world.folder, 'names.jsonl'), '')
  await assert.rejects(install(world.bob, 'axum', { directory: world.project }), {
    code: 'CONFIRMATION_NEEDED',
    message: /offers no more than nothing/,
  })
})

test('S9: a registry that is suddenly of another hive is asked in vain', async (t) => {
  const world = await openRegistryWorld(t)
  const { url } = await world.serve()
  await addRegistry(world, url)
  await assert.rejects(addRegistry(world, url, 'again'), { code: 'REGISTRY_EXISTS' })
  await edit(world, axumPath, (text) => text.replace(/"header":"[^"]+"/, '"header":"AAAA"'))
  await assert.rejects(install(world.bob, 'axum', { directory: world.project }), { code: 'PACKAGE_UNKNOWN' })
})

test('a registry that sends without end, too much, or nothing is given up within bounds, and what else is known is not held up', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob, folder } = world
  const config = await readFile(join(folder, 'config.json'))
  let mood: 'whole' | 'endless' | 'said' | 'silent' | 'half' | 'drip' = 'whole'
  const url = await urlOf(t, (request, response) => {
    if (request.url === '/config.json') return void response.end(config)
    if (mood === 'whole') return void (request.url === '/names.jsonl' ? response.end() : response.writeHead(404).end())
    if (mood === 'said') return response.writeHead(200, { 'content-length': 10_000_000_000 }).flushHeaders()
    if (mood === 'silent') return
    response.writeHead(200)
    if (mood === 'half') return void response.write('{"header":', () => response.destroy())
    if (mood === 'drip') {
      const dripping = setInterval(() => response.write('\n'), 20)
      return void response.once('close', () => clearInterval(dripping))
    }
    const more = (error?: Error | null): void => {
      if ((error ?? undefined) === undefined && !ending.aborted) setImmediate(() => response.write(Buffer.alloc(65_536, 10), more))
    }
    response.once('close', () => end.abort())
    const end = new AbortController()
    const ending = end.signal
    more()
  })
  await addRegistry(world, url)
  const problemOf = async (): Promise<string> => {
    await bob.handlers['marketplace.search'](searchFor('axum'), bob.context)
    return (await bob.handlers['registry.list']({}, bob.context)).registries[0]?.problem ?? ''
  }
  assert.equal(await problemOf(), '')
  mood = 'endless'
  assert.match(await problemOf(), /longer than 262144 bytes/)
  mood = 'said'
  assert.match(await problemOf(), /longer than 262144 bytes/)
  mood = 'half'
  assert.match(await problemOf(), /aborted|broke off/)
  mood = 'drip'
  assert.match(await problemOf(), /no answer within 200 ms/)
  mood = 'silent'
  assert.match(await problemOf(), /no answer within 200 ms|silent/)
})

test('S18: redirects into a private network, to another protocol, in circles and to nothing are not followed', async (t) => {
  const world = await openRegistryWorld(t)
  let asked = 0
  const inner = await urlOf(t, (_, response) => {
    asked += 1
    response.end('secret')
  })
  const targets = [`${inner}/config.json`, 'ftp://a.example/', 'http://localhost:1/', 'http://[', '/config.json']
  for (const target of targets) {
    const url = await urlOf(t, (_, response) => void response.writeHead(302, { location: target }).end())
    await assert.rejects(addRegistry(world, url), { code: 'REGISTRY_REFUSED' }, target)
  }
  assert.equal(asked, 0)
})

test('what is no registry is not added, whatever it answers', async (t) => {
  const world = await openRegistryWorld(t)
  const add = (url: string): Promise<unknown> => addRegistry(world, url)
  await assert.rejects(add(await urlOf(t, (_, response) => void response.end('<html>'))), { code: 'REGISTRY_INVALID' })
  await assert.rejects(add(await urlOf(t, (_, response) => void response.writeHead(404).end())), { code: 'REGISTRY_INVALID' })
  await assert.rejects(add(await urlOf(t, (_, response) => void response.writeHead(500).end())), { code: 'REGISTRY_UNREACHABLE' })
  await assert.rejects(add('http://127.0.0.1:1'), { code: 'REGISTRY_UNREACHABLE' })
  await assert.rejects(add('gopher://a'), { code: 'REGISTRY_URL_INVALID' })
  await assert.rejects(addRegistry(world, 'http://127.0.0.1:1', '../x'), { code: 'REGISTRY_NAME_INVALID' })
})

test('a registry serves what an export writes and nothing else of its folder', async (t) => {
  const world = await openRegistryWorld(t)
  await writeFile(join(world.folder, 'private.txt'), 'private')
  await writeFile(join(world.folder, 'index', '.secret'), 'private')
  const { url } = await world.serve()
  const status = async (path: string, init?: RequestInit): Promise<number> => (await fetch(`${url}${path}`, init)).status
  assert.equal(await status('/config.json'), 200)
  for (const path of [
    '/private.txt',
    '/',
    '/index/',
    '/index/.secret',
    '/index/../config.json/x',
    '/..%2f..%2fetc/passwd',
    '/index/ax/um/',
  ])
    assert.equal(await status(path), 404, path)
  assert.equal(await status('/config.json', { method: 'POST' }), 405)
  const answer = await fetch(`${url}/${axumPath}`)
  await answer.text()
  assert.equal(await status(`/${axumPath}`, { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } }), 304)
})
