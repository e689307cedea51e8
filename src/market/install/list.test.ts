import assert from 'node:assert/strict'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { createMarketHandlers } from '../handlers.ts'
import { findPlace } from './place.ts'
import { openPlaceLock } from './place-lock.ts'
import { install, publish, setUpProject } from '../testing/project.ts'
import { manifestOf, testMarketOptions } from '../testing/stand.ts'

test('list says what is installed, what is missing and what is newer', async (t) => {
  const { ada, project } = await setUpProject(t)
  await install(ada, 'demo@1.0.0', { directory: project })
  await install(ada, 'review', { directory: project })
  await rm(join(project, '.althing/packages/@ada/review'), { recursive: true })
  const { packages } = await ada.handlers['marketplace.list'](
    { directory: project, global: false, published: false, detailed: false },
    ada.context,
  )
  assert.deepEqual(
    packages.map(({ where, package: name, version, state, newer }) => [where, name, version, state, newer]),
    [
      ['project', '@ada/demo', '1.0.0', 'installed', '1.1.0'],
      ['project', '@ada/review', '1.0.0', 'missing', null],
      ['published', '@ada/demo', '1.1.0', 'published', null],
      ['published', '@ada/review', '1.0.0', 'published', null],
    ],
  )
})

test('list calls nothing newer that comes before what is installed', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  await publish(ada, { root, name: 'demo' }, { 'package.toml': manifestOf('demo', '2.0.0-rc.1') })
  await install(ada, 'demo@2.0.0-rc.1', { directory: project })
  const { packages } = await ada.handlers['marketplace.list'](
    { directory: project, global: false, published: false, detailed: false },
    ada.context,
  )
  assert.deepEqual([packages[0]?.version, packages[0]?.newer], ['2.0.0-rc.1', null])
})

test('list waits for an install under way rather than see its place empty', async (t) => {
  const { ada, project } = await setUpProject(t)
  const { path } = await install(ada, 'demo@1.0.0', { directory: project })
  const place = await findPlace({ directory: project, isGlobal: false, target: undefined, globalDirectory: '/nowhere' })
  const lock = await openPlaceLock(place, { clock: systemClock, waitMs: 0, signal: ada.context.signal })
  await rename(path, `${path}-aside`)
  const endInstall = async (): Promise<void> => {
    await rename(`${path}-aside`, path)
    await lock[Symbol.asyncDispose]()
  }
  const handlers = createMarketHandlers({ ...ada.deps, clock: { ...systemClock, sleep: endInstall } }, testMarketOptions)
  const { packages } = await handlers['marketplace.list'](
    { directory: project, global: false, published: false, detailed: false },
    ada.context,
  )
  assert.equal(packages[0]?.state, 'installed')
})
