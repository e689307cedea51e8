import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import { Fault } from '../lib/fault.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { runCollector } from './collector.ts'
import { parseProjectId } from './task.ts'

test('claims are collected now and then, project by project, and one that is down keeps nothing from the others', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const stop = new AbortController()
  const asked: string[] = []
  const deskOf = (name: string, fault?: Fault) => ({
    project: { id: parseProjectId(`example.org/${name}`) ?? assert.fail(), url: '', forge: 'git', base: 'main' } as const,
    collect: async (): Promise<number> => {
      asked.push(name)
      if (fault !== undefined) throw fault
      return 1
    },
  })
  const desks = [deskOf('down', new Fault('REMOTE_UNREACHABLE', 'unavailable', { message: 'down' })), deskOf('shop')]
  const running = runCollector({ clock, chance: createSeededChance(7), log: silentLog, desks: () => desks }, { everyMs: 1_000 }, stop)
  await clock.advance(3_000)
  stop.abort(new Error('the node ends'))
  await clock.advance(3_000)
  await running
  assert.deepEqual(asked, ['down', 'shop', 'down', 'shop', 'down', 'shop'])
})
