import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../lib/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import type { Driver } from '../driver.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Behaviour, DriverStand } from '../suite/driver-suite.ts'
import { openDriverStand, testDriver } from '../suite/driver-suite.ts'
import { createAcpDriver } from './acp-driver.ts'
import type { ExternalDeps } from './external.ts'

const agent = fileURLToPath(new URL('../../../test/agents/scripted-acp-agent.ts', import.meta.url))

const openAcp = (behaviour: Behaviour, stand: DriverStand, deps: Pick<ExternalDeps, 'sandbox' | 'clock'>): Driver =>
  createAcpDriver(
    { ...deps, readSecrets: async () => ({}) },
    { command: [process.execPath, agent, behaviour], scratchFolder: stand.scratchFolder, mayFetch: false },
  )

test('rule 15: an agent that begins no session in its time cannot work here, whatever the task', async () => {
  await using stand = await openDriverStand()
  // the time to begin is over at once, and so is the moment in which it may end by itself
  const clock: Clock = { ...systemClock, schedule: (ms, wake) => systemClock.schedule(ms === 120_000 || ms === 1_000 ? 1 : ms, wake) }
  const driver = openAcp('says-nothing', stand, { sandbox: stand.sandbox, clock })
  const events = await Array.fromAsync(driver.run(stand.assignment, stand.tools, { signal: new AbortController().signal }))
  const reason = 'the agent failed: it began no session within 120000 ms'
  assert.deepEqual(events.at(-1), { type: 'outcome', outcome: { outcome: 'hindered', reason } })
})

test('an agent that ends its turn and its process at once has ended well', async () => {
  await using stand = await openDriverStand()
  // its end is heard before what it said last
  const sandbox: Sandbox = { ...stand.sandbox, spawn: (command) => ({ ...stand.sandbox.spawn(command), exited: Promise.resolve(0) }) }
  const driver = openAcp('done', stand, { sandbox, clock: systemClock })
  const events = await Array.fromAsync(driver.run(stand.assignment, stand.tools, { signal: new AbortController().signal }))
  const last = events.at(-1)
  assert.equal(last?.type === 'outcome' ? last.outcome.outcome : last, 'done')
})

testDriver('acp', {
  open: async (behaviour, stand) => openAcp(behaviour, stand, { sandbox: stand.sandbox, clock: systemClock }),
  openOn: async (behaviour, stand, deps) => openAcp(behaviour, stand, deps),
  failures: [
    { behaviour: 'hangs', reason: /no end within 300 ms/ },
    { behaviour: 'endless', reason: /more than 200000 bytes/ },
    { behaviour: 'garbage', reason: /failed/ },
    { behaviour: 'crashes', reason: /ended with 7/ },
    { behaviour: 'writes-garbage', reason: /^the outcome file could not be read: it is no JSON object$/ },
    { behaviour: 'refuses', reason: /refused/ },
  ],
  hindrances: [
    { behaviour: 'is-unavailable', reason: /^the model is overloaded$/ },
    { behaviour: 'is-logged-out', reason: /log in first/ },
    { behaviour: 'cannot-start', reason: /ended with 3 \(no node here\)/ },
    { behaviour: 'ends-with-75', reason: /ended with 75/ },
  ],
})
