import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { defaultConfig } from '../config/load.ts'
import { openShutdown } from '../health/shutdown.ts'
import { systemChance } from '../lib/chance.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { Hives } from './hives.ts'
import type { Home } from './open-home.ts'
import { machineLabel, openHome } from './open-home.ts'

const surroundings = { clock: systemClock, chance: systemChance, log: silentLog }

async function openHives(t: TestContext): Promise<{ readonly hives: Hives; readonly close: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'althing-hives-'))
  const config = await defaultConfig()
  const shutdown = openShutdown(surroundings, config.shutdown)
  const home = await openHome({ ...surroundings, shutdown }, { path, config, signal: t.signal })
  const hives = shutdown.use('hives', new Hives({ ...surroundings, home }, { config, peers: false, isTransient: true }))
  const close = async (): Promise<void> => shutdown[Symbol.asyncDispose]()
  t.after(async () => {
    await close()
    await rm(path, { recursive: true, force: true })
  })
  return { hives, close }
}

test('the first hive of a home is closed, named after the machine, and its root is this node', async (t) => {
  const { hives } = await openHives(t)
  const { row, service, membership } = await hives.ensure(undefined)
  assert.equal(row.known.genesis.name, machineLabel())
  assert.equal(row.known.genesis.policy, 'closed')
  assert.equal(service.isRoot(), true)
  assert.equal(membership.members().length, 1)
})

test('a hive is opened once, however often it is asked for at the same time', async (t) => {
  const { hives } = await openHives(t)
  await hives.ensure(undefined)
  const [one, other] = await Promise.all([hives.ensure(undefined), hives.ensure(machineLabel())])
  assert.equal(one, other)
  assert.equal(hives.table.list().length, 1)
})

test('a home that cannot be made is a fault that names it, and not a bug', { skip: process.platform !== 'linux' }, async (t) => {
  const config = await defaultConfig()
  await using shutdown = openShutdown(surroundings, config.shutdown)
  const opening = openHome({ ...surroundings, shutdown }, { path: '/proc/althing/home', config, signal: t.signal })
  await assert.rejects(opening, { code: 'DISK_ERROR', message: /the home \/proc\/althing\/home cannot be made/ })
})

test('a machine whose owner key was replaced by another opens its hive, under a handle that is free', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'althing-owners-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  const config = await defaultConfig()
  const openOnce = async (visit: (home: Home, hives: Hives) => Promise<void>): Promise<void> => {
    await using shutdown = openShutdown(surroundings, config.shutdown)
    const home = await openHome({ ...surroundings, shutdown }, { path, config, signal: t.signal })
    await visit(home, shutdown.use('hives', new Hives({ ...surroundings, home }, { config, peers: false, isTransient: true })))
  }
  await openOnce(async (home, hives) => {
    await hives.ensure(undefined)
    await home.keys.rotateOwner()
  })
  await openOnce(async (home, hives) => {
    const { membership } = await hives.ensure(undefined)
    assert.notEqual(membership.handleOf(home.keys.ownerId()), undefined)
  })
})

test('commons is joined when it is named, and not before', async (t) => {
  const { hives } = await openHives(t)
  await hives.ensure(undefined)
  assert.deepEqual(
    hives.table.list().map(({ known }) => known.genesis.name),
    [machineLabel()],
  )
  const { row } = await hives.ensure('commons')
  assert.equal(row.known.genesis.policy, 'open')
})

test('a hive this node is not in is a fault that names those it is in', async (t) => {
  const { hives } = await openHives(t)
  await hives.ensure(undefined)
  await assert.rejects(hives.ensure('elsewhere'), (error: unknown) => {
    assert.equal(Reflect.get(Object(error), 'code'), 'HIVE_UNKNOWN')
    assert.match(String(error), new RegExp(machineLabel()))
    return true
  })
})

test('two first calls at once make one hive', async (t) => {
  const { hives } = await openHives(t)
  const [one, other] = await Promise.all([hives.ensure(undefined), hives.ensure(undefined)])
  assert.equal(one.row.known.id, other.row.known.id)
  assert.equal(hives.table.list().length, 1)
})

test('a first hive that could not be made is made by the next call', async (t) => {
  const { hives } = await openHives(t)
  const { add } = hives.table
  let failures = 1
  Object.assign(hives.table, {
    add: async (...given: Parameters<typeof add>) => {
      if (failures-- > 0) throw new Error('the disk is full')
      return add(...given)
    },
  })
  await assert.rejects(hives.ensure(undefined), /disk is full/)
  assert.equal((await hives.ensure(undefined)).service.isRoot(), true)
})

test('a hive asked for while it closes is opened once it is closed, and closes with the node', async (t) => {
  const { hives, close } = await openHives(t)
  const { row, journal } = await hives.ensure(undefined)
  const closed = hives.registry.close(row.known.id)
  const again = await hives.ensure(undefined)
  await closed
  assert.notEqual(again.journal, journal)
  assert.deepEqual(hives.all(), [again])
  await again.journal.append('note', { text: 'still open' })
  await close()
  await assert.rejects(hives.ensure(undefined))
  assert.deepEqual(hives.all(), [])
})

test('a node that ends opens no hive any more', async (t) => {
  const { hives } = await openHives(t)
  const { row } = await hives.ensure(undefined)
  await hives[Symbol.asyncDispose]()
  await assert.rejects(hives.registry.open(row), { code: 'HIVE_NOT_RUNNING' })
})
