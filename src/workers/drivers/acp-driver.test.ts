import { fileURLToPath } from 'node:url'
import { systemClock } from '../../lib/clock.ts'
import type { Driver } from '../driver.ts'
import type { Behaviour, DriverStand } from '../suite/driver-suite.ts'
import { testDriver } from '../suite/driver-suite.ts'
import { createAcpDriver } from './acp-driver.ts'
import type { ExternalDeps } from './external.ts'

const agent = fileURLToPath(new URL('../../../test/agents/scripted-acp-agent.ts', import.meta.url))

const openAcp = (behaviour: Behaviour, stand: DriverStand, deps: Pick<ExternalDeps, 'sandbox' | 'clock'>): Driver =>
  createAcpDriver(
    { ...deps, readSecrets: async () => ({}) },
    { command: [process.execPath, agent, behaviour], scratchFolder: stand.scratchFolder, mayFetch: false },
  )

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
})
