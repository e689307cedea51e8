import { fileURLToPath } from 'node:url'
import { systemClock } from '../../lib/clock.ts'
import { testDriver } from '../suite/driver-suite.ts'
import { createAcpDriver } from './acp-driver.ts'

const agent = fileURLToPath(new URL('../../../test/agents/scripted-acp-agent.ts', import.meta.url))

testDriver('acp', {
  open: async (behaviour, stand) =>
    createAcpDriver(
      { sandbox: stand.sandbox, clock: systemClock, readSecrets: async () => ({}) },
      { command: [process.execPath, agent, behaviour], scratchFolder: stand.scratchFolder, mayFetch: false },
    ),
  failures: [
    { behaviour: 'hangs', reason: /no end within 300 ms/ },
    { behaviour: 'endless', reason: /more than 200000 bytes/ },
    { behaviour: 'garbage', reason: /failed/ },
    { behaviour: 'crashes', reason: /ended with 7/ },
    { behaviour: 'refuses', reason: /refused/ },
  ],
})
