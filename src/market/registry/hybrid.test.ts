import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Exchange } from '../../content/content.ts'
import { formatDocumentBody, certificateKind } from '../../hive/membership-view.ts'
import { createGenesis } from '../../hive/genesis.ts'
import { signCertificate } from '../../identity/certificate.ts'
import { keyOf, nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { install, installSet, publish } from '../testing/project.ts'
import { searchFor } from '../testing/search-for.ts'
import type { RegistryWorld } from '../testing/registry-world.ts'
import { addRegistry, adasHive, openRegistryWorld } from '../testing/registry-world.ts'
import type { StandOptions } from '../testing/stand.ts'
import { manifestOf, openStand, ownerOf, replicate, testMarketOptions, writeFiles } from '../testing/stand.ts'

/** Peers that can be switched off, or made slow. */
interface Peers {
  state: 'up' | 'down' | 'slow'
  asked: number
}

/** Bob is a member too: what ada publishes comes to him by journal, and her bytes while peers are up. */
async function openBoth(t: TestContext, given: StandOptions = {}): Promise<{ world: RegistryWorld; peers: Peers }> {
  const peers: Peers = { state: 'up', asked: 0 }
  const exchange: Exchange = {
    fetch: async (cid, { signal }) => {
      peers.asked += 1
      if (peers.state === 'slow') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      if (peers.state === 'down') throw new Error('nobody has it')
      const added = await world.bob.content.add(world.ada.content.read(cid, { signal }), { signal })
      return { ...added, providers: [{ peer: world.ada.node, bytes: added.size }], liars: [] }
    },
    findHolders: async () => [],
    announce: async () => {},
    replicate: async () => [],
    [Symbol.asyncDispose]: async () => {},
  }
  const world: RegistryWorld = await openRegistryWorld(t, { genesis: adasHive, exchange, ...given })
  await replicate(world.ada, world.bob)
  return { world, peers }
}

test('F33: peers down, the registry gives the bytes; registry down, peers do; the lock names the hive in both', async (t) => {
  const { world, peers } = await openBoth(t)
  const { ada, bob, project } = world
  await world.publish('tokio', '1.0.0')
  await world.export()
  await replicate(ada, bob)
  const server = await world.serve()
  await addRegistry(world, server.url)
  peers.state = 'down'
  const axum = await install(bob, 'axum', { directory: project })
  assert.deepEqual(axum.providers, [{ peer: `registry:${server.url}`, bytes: axum.size ?? 0 }])
  peers.state = 'up'
  await server[Symbol.asyncDispose]()
  const tokio = await install(bob, 'tokio', { directory: project })
  assert.deepEqual(tokio.providers, [{ peer: ada.node, bytes: tokio.size ?? 0 }])
  const lock = await readFile(join(project, 'althing.lock'), 'utf8')
  assert.equal(lock.match(new RegExp(`^source = "hive:${adasHive.id}"$`, 'gm'))?.length, 2)
})

test('F33: with both down an install says so, and what is kept of both is found all the same', async (t) => {
  const { world, peers } = await openBoth(t)
  const { bob, project } = world
  const server = await world.serve()
  await addRegistry(world, server.url)
  await server[Symbol.asyncDispose]()
  peers.state = 'down'
  await assert.rejects(install(bob, 'axum', { directory: project }), /nobody has it/)
  const { packages } = await bob.handlers['marketplace.search'](searchFor('axum'), bob.context)
  assert.equal(packages.length, 1)
})

test('F33: peers that are slow are not waited for when the registry has the bytes', async (t) => {
  const { world, peers } = await openBoth(t)
  const server = await world.serve()
  await addRegistry(world, server.url)
  peers.state = 'slow'
  const axum = await install(world.bob, 'axum', { directory: world.project })
  assert.equal(axum.providers[0]?.peer, `registry:${server.url}`)
  assert.equal(peers.asked, 1)
})

test('F33: a registry that was not exported since takes nothing back: peers have the newer version, and it is installed', async (t) => {
  const { world } = await openBoth(t)
  const { ada, bob, project } = world
  await addRegistry(world, (await world.serve()).url)
  assert.equal((await install(bob, 'axum', { directory: project })).version, '1.0.0')
  await world.publish('axum', '1.1.0')
  await replicate(ada, bob)
  const { packages, notes } = await bob.handlers['marketplace.update'](updateOf(project), bob.context)
  assert.deepEqual([packages[0]?.version, packages[0]?.providers[0]?.peer, notes], ['1.1.0', ada.node, []])
})

test('F33: once the registry said a version, nothing older is taken in its place: not when it goes away, nor when it is set back', async (t) => {
  const { world, peers } = await openBoth(t)
  const { bob, project, folder } = world
  const old = await readFile(join(folder, 'index/ax/um/axum'))
  const url = await hearAlone(world)
  peers.state = 'down'
  await assert.rejects(install(bob, 'axum', { directory: project }), { message: /ECONNREFUSED/ })
  await writeFile(join(folder, 'index/ax/um/axum'), old)
  await world.serve(Number(new URL(url).port))
  await assert.rejects(install(bob, 'axum', { directory: project }), { code: 'CONFIRMATION_NEEDED', message: /1\.1\.0 was seen here/ })
  assert.equal(existsSync(join(project, 'althing.lock')), false)
})

test('F33: what only the registry said is installed from peers when it is gone', async (t) => {
  const { world } = await openBoth(t)
  const { ada, bob, project } = world
  await hearAlone(world)
  const { version, providers } = await install(bob, 'axum', { directory: project })
  assert.deepEqual([version, providers[0]?.peer], ['1.1.0', ada.node])
})

test('members are asked for what a registry said of their own hive, and never where registries alone are asked', async (t) => {
  const central = { registry: { ...testMarketOptions.registry, mode: 'central' } } as const
  for (const given of [{ genesis: othersHive }, { options: central }]) {
    const { world, peers } = await openBoth(t, given)
    const server = await world.serve()
    await addRegistry(world, server.url)
    await world.bob.handlers['marketplace.versions']({ package: 'axum' }, world.bob.context)
    await server[Symbol.asyncDispose]()
    await assert.rejects(install(world.bob, 'axum', { directory: world.project }), {
      code: 'REGISTRY_UNREACHABLE',
      message:
        /^the bytes of axum 1\.\d\.0 are not on this disk, and the registry at .* gave no .*Try again when the registry "office" has them/,
    })
    assert.equal(peers.asked, 0)
  }
})

test('what hive and registry both have is shown once, as the hive says it', async (t) => {
  const { world } = await openBoth(t)
  await addRegistry(world, (await world.serve()).url)
  const { packages } = await world.bob.handlers['marketplace.search'](searchFor('axum'), world.bob.context)
  assert.deepEqual(
    packages.map(({ source }) => source),
    [`hive:${adasHive.id}`],
  )
})

test('F33: a newer version that only the registry of the same hive has is an update like another', async (t) => {
  const { world } = await openBoth(t)
  const { bob, project } = world
  await addRegistry(world, (await world.serve()).url)
  await install(bob, 'axum', { directory: project })
  await world.publish('axum', '1.1.0')
  await world.export()
  const { packages, notes } = await bob.handlers['marketplace.update'](updateOf(project), bob.context)
  assert.deepEqual([packages[0]?.version, notes], ['1.1.0', []])
})

test('S8: one version with other bytes in hive and registry is refused and named, until an exact other is asked for; what is installed stays', async (t) => {
  const { world } = await openBoth(t)
  const { ada, bob, project, root } = world
  await world.publish('axum', '2.0.0')
  await replicate(ada, bob)
  const before = await writeFiles(join(root, 'before'), { 'althing.toml': '' })
  await install(bob, 'axum', { directory: before })
  const other = await openOtherNode(t, world)
  await publish(other, { root, name: 'axum' }, { 'package.toml': manifestOf('axum', '2.0.0'), 'a.txt': 'other bytes' })
  await rm(world.folder, { recursive: true })
  await other.handlers['registry.export']({ folder: world.folder, packages: [] }, other.context)
  const { url } = await world.serve()
  await addRegistry(world, url)
  await assert.rejects(install(bob, 'axum', { directory: project }), (error: Error & { code?: string; data?: unknown }) => {
    assert.equal(error.code, 'SOURCES_DISAGREE')
    assert.match(error.message, /@ada\/axum 2\.0\.0 hive:.* has sha256:.*, registry:http.* has sha256:/)
    return true
  })
  assert.equal((await install(bob, 'axum@1.0.0', { directory: project })).version, '1.0.0')
  assert.equal((await installSet(bob, [], { directory: before })).status, 'present')
})

test('S8: what the lock pins is not taken from another source with other bytes, and with the same bytes it is', async (t) => {
  const { world } = await openBoth(t)
  const { bob, project } = world
  await addRegistry(world, (await world.serve()).url)
  await install(bob, 'axum', { directory: project })
  const file = join(project, 'althing.lock')
  const lock = await readFile(file, 'utf8')
  await rm(join(project, '.althing'), { recursive: true })
  // pinned to a registry that nobody asks any more: the same bytes are those bytes
  await writeFile(file, lock.replace(/^source = .*$/m, 'source = "registry:https://gone.example"'))
  assert.equal((await installSet(bob, [], { directory: project, frozen: true })).packages[0]?.change, 'restored')
  assert.match(await readFile(file, 'utf8'), /^source = "registry:https:\/\/gone\.example"$/m)
  await rm(join(project, '.althing'), { recursive: true })
  const digest = `sha256:${'0'.repeat(64)}`
  await writeFile(
    file,
    lock.replace(/^digest = .*$/m, `digest = "${digest}"`).replace(/^source = .*$/m, 'source = "registry:https://gone.example"'),
  )
  await assert.rejects(installSet(bob, [], { directory: project }), { code: 'PACKAGE_UNAVAILABLE' })
  // and an update from a stranger is asked about
  await world.publish('axum', '1.1.0')
  await replicate(world.ada, bob)
  await writeFile(file, lock.replace(/^source = .*$/m, 'source = "registry:https://gone.example"'))
  const { packages } = await bob.handlers['marketplace.update'](updateOf(project), bob.context)
  assert.equal(packages[0]?.version, '1.0.0')
})

const othersHive = createGenesis({ ...adasHive.genesis, nonce: new Uint8Array(16).fill(8) })

/** Has bob hear of a version from the registry alone, which is gone afterwards; where it was. */
async function hearAlone(world: RegistryWorld): Promise<string> {
  const { bob } = world
  await world.publish('axum', '1.1.0')
  await world.export()
  const server = await world.serve()
  await addRegistry(world, server.url)
  await bob.handlers['marketplace.versions']({ package: 'axum' }, bob.context)
  await server[Symbol.asyncDispose]()
  return server.url
}

function updateOf(directory: string) {
  return { directory, global: false, packages: [], check: false, dryRun: false, offline: false, accept: [] }
}

/** A second machine of ada's owner, whose journal nobody here has. */
async function openOtherNode(t: TestContext, { ada }: RegistryWorld): ReturnType<typeof openStand> {
  const owners = new Map([
    [nodeOf('ada'), ownerOf('ada')],
    [nodeOf('eve'), ownerOf('ada')],
  ])
  const other = await openStand('eve', { genesis: adasHive, owners })
  t.after(() => other[Symbol.asyncDispose]())
  const fields = { label: 'other', agents: [], roles: [], notBefore: 0, notAfter: undefined, serial: 1 }
  const { bytes } = signCertificate(keyOf('owner of ada'), { node: nodeOf('eve'), ...fields })
  await other.journal.append(certificateKind, formatDocumentBody(bytes))
  const members = [...ada.journal.range(nodeOf('ada'), 1, 1, 2)]
  await other.journal.receive(members, nodeOf('ada'))
  return other
}
