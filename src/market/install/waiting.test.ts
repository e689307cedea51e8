import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMarketHandlers } from '../handlers.ts'
import { lockOf } from '../testing/package-set.ts'
import { installSet, plainInstall, setUpProject } from '../testing/project.ts'
import { testMarketOptions } from '../testing/stand.ts'
import { findPlace } from './place.ts'
import { openPlaceLock } from './place-lock.ts'

test('a lock that changed while an install waited for its place is looked at again', async (t) => {
  const { ada, project } = await setUpProject(t)
  const { deps, context } = ada
  await installSet(ada, ['demo@1.0.0'], { directory: project })
  const before = await lockOf(project)
  const place = await findPlace({ directory: project, isGlobal: false, target: undefined, globalDirectory: '/nowhere' })
  const held = await openPlaceLock(place, { clock: deps.clock, waitMs: 1, signal: context.signal })
  // while it waits somebody else's change to the lock arrives, which asks for something that is not locked
  const sleep: typeof deps.clock.sleep = async () => {
    await writeFile(join(project, 'althing.lock'), before.replace(/^requested = .*$/m, 'requested = "^1.1"'))
    await held[Symbol.asyncDispose]()
  }
  const waiting = createMarketHandlers({ ...deps, clock: { ...deps.clock, sleep } }, testMarketOptions)
  const request = { ...plainInstall, directory: project, frozen: true }
  await assert.rejects(waiting['marketplace.install'](request, context), { code: 'LOCK_OUTDATED', message: /@ada\/demo 1\.1\.0/ })
})
