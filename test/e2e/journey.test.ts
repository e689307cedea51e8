import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { namedOf, addressOf, enter, eventually, list, number, openVillage, text, untilMet, writePackage } from './machine.ts'

// One village for all: each scene leaves two machines that are connected.
test('two machines of one hive', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  const bob = village.settle('bob')
  await ada.start()
  await enter(ada, bob)
  await untilMet(ada, 1)

  await t.test('start, invite, join, publish, search, install: what ada publishes is what bob has on disk', async () => {
    const folder = writePackage(village, 'rust-web', { bytes: 3_000_000 })
    const published = await ada.ask('p2p', 'publish', folder)
    assert.deepEqual(
      [published['status'], published['name'], published['version'], published['announcedTo'], published['files']],
      ['published', 'rust-web', '1.0.0', 1, 2],
    )
    assert.deepEqual(published['copies'], { wanted: 2, confirmed: 1 })

    const searched = await eventually(
      'bob knows the package',
      async () => bob.ask('p2p', 'search', 'rust'),
      (found) => list(found, 'packages').length === 1,
    )
    const [hit] = list(searched, 'packages')
    assert.equal(hit?.['name'], 'rust-web')

    const installed = namedOf(await bob.ask('install', 'rust-web'))
    assert.equal(text(installed, 'digest'), text(published, 'digest'))
    assert.deepEqual(readFileSync(join(text(installed, 'path'), 'content.bin')), readFileSync(join(folder, 'content.bin')))
    const again = await bob.ask('install', 'rust-web')
    assert.equal(again['status'], 'present')
  })

  await t.test('p2p peers, peer and bootstrap say who is there, who is not, and who cannot be reached', async () => {
    await untilMet(bob, 1)
    const peerId = text(await ada.ask('p2p', 'status'), 'node', 'peerId')
    const [entry] = list(await bob.ask('p2p', 'peers'), 'peers')
    assert.equal(entry?.['peer'], peerId)
    const shown = await bob.ask('p2p', 'peer', peerId)
    assert.equal(text(shown, 'connection', 'peer'), peerId)
    const unknown = await bob.run(['p2p', 'peer', '12D3KooWRkZhiRhsqmrQ28rt73K7V3aCBpqKrLGSXmZ99PTcTZby'])
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /PEER_UNKNOWN/)

    const reached = await bob.ask('p2p', 'bootstrap', await addressOf(ada))
    assert.equal(reached['connected'], 1)
    const nobody = await bob.run(['p2p', 'bootstrap', '/ip4/127.0.0.1/tcp/1'])
    assert.equal(nobody.code, 1)
    assert.match(nobody.stderr, /PEER_UNREACHABLE/)
    const nonsense = await bob.run(['p2p', 'bootstrap', 'not-an-address'])
    assert.match(nonsense.stderr, /ADDRESS_INVALID/)
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await t.test(`peers of the last run are dialled after a ${signal} and a restart, without bootstrap and mDNS`, async () => {
      await bob.end(signal)
      await bob.start()
      await untilMet(bob, 1)
    })
  }

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const) {
    await t.test(
      `${signal} to a node with peers: exit ${exitCode}, no port, no socket answers, no lock, and the peer sees it leave`,
      async () => {
        const port = Number(/\/tcp\/(\d+)/.exec(await addressOf(ada))?.[1])
        const { code, stderr } = await ada.end(signal)
        assert.equal(code, exitCode, stderr)
        assert.equal(await canConnect({ port, host: '127.0.0.1' }), false)
        assert.equal(existsSync(join(ada.home, 'run', 'node.sock')), false)
        await untilMet(bob, 0)
        // Nothing waits for a lock: a passing command has the home at once.
        const after = writePackage(village, `after-${signal.toLowerCase()}`)
        const published = await ada.run(['p2p', 'publish', after, '--json'], { ALTHING_STORE_LOCK_WAIT_MS: '1' })
        assert.equal((JSON.parse(published.stdout) as { readonly status: string }).status, 'published', published.stderr)
        await ada.start()
        await untilMet(ada, 1)
        await untilMet(bob, 1)
      },
    )
  }
})

test('a node in the background is one like any other: it takes commands, meets peers, and ends', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  const bob = village.settle('bob')
  const started = await ada.run(['p2p', 'start', '--detach'])
  try {
    assert.equal(started.code, 0, started.stderr)
    await enter(ada, bob)
    await untilMet(ada, 1)
    const second = await ada.run(['p2p', 'start', '--detach'])
    assert.match(second.stderr, /NODE_RUNNING/)
  } finally {
    await ada.run(['p2p', 'stop'])
  }
  const status = await ada.ask('p2p', 'status')
  assert.equal(status['isRunning'], false)
  assert.equal(number(status, 'connections', 'open'), 0)
})

async function canConnect(target: { readonly port: number; readonly host: string }): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = createConnection(target)
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  const isOpen = await promise
  socket.destroy()
  return isOpen
}
