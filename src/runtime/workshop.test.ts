import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { defaultConfig } from '../config/load.ts'
import { createSecrets } from '../config/secrets.ts'
import { openShutdown } from '../health/shutdown.ts'
import { systemChance } from '../lib/chance.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { Hives } from './hives.ts'
import { openHome } from './open-home.ts'
import { openWorkshop } from './workshop.ts'

const surroundings = { clock: systemClock, chance: systemChance, log: silentLog }

test('a hive that was left and joined again has desks of its own, with the journal that runs; looking at them leaves no note of this process', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'althing-workshop-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  const config = await defaultConfig()
  await using shutdown = openShutdown(surroundings, config.shutdown)
  const home = await openHome({ ...surroundings, shutdown }, { path, config, signal: t.signal })
  const hives = shutdown.use('hives', new Hives({ ...surroundings, home }, { config, peers: false, isTransient: true }))
  const workshop = openWorkshop(
    {
      ...{ ...surroundings, home, hives, secrets: createSecrets(path, { secrets: new Map() }) },
      certifyAs: () => Promise.reject(new Error('no name is asked for')),
      openModels: () => Promise.reject(new Error('no model is asked for')),
    },
    { config, programs: {} },
  )
  const { row } = await hives.ensure(undefined)
  const before = workshop.findDesks(undefined)
  assert.equal(workshop.findDesks(undefined), before)
  const { id } = await before.projects.add({ url: '/srv/git/shop.git', forge: 'git', base: 'main' })
  await before.get(id).records?.add({ title: 'one', body: '', labels: [] })
  await hives.registry.close(row.known.id)
  await hives.open(undefined)
  assert.notEqual(workshop.findDesks(undefined), before)
  await workshop.findDesks(undefined).get(id).records?.add({ title: 'two', body: '', labels: [] })
  assert.deepEqual(
    workshop
      .findDesks(undefined)
      .get(id)
      .records?.all()
      .map(({ title }) => title)
      .toSorted(),
    ['one', 'two'],
  )
  assert.deepEqual(home.database.all("select name from setting where name like 'process %'"), [])
})
