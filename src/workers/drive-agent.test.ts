import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { createCapture } from './capture.ts'
import type { DrivenTask, DriveDeps } from './drive-agent.ts'
import { driveAgent } from './drive-agent.ts'
import { done } from './testing/supervision-stand.ts'

const { signal } = new AbortController()
const limits = { maxTurns: 30, timeoutMs: 3_600_000, maxOutputBytes: 1_000 }
const minuteMs = 60_000

/** An agent that works so many minutes and is done, on a lease that is not confirmed from one minute to another. */
function openAgent({ needs, from, until }: { readonly needs: number; readonly from: number; readonly until: number }) {
  const clock = createVirtualClock({ startsAt: 0 })
  const minute = (): number => clock.monotonic() / minuteMs
  const mayWork = (): boolean => minute() < from || minute() >= until
  const driver: DriveDeps['driver'] = {
    name: 'model',
    run: async function* (_assignment, { mayWork: isConfirmed }, options) {
      for (let worked = 0; worked < needs;) {
        await clock.sleep(minuteMs, options)
        if (isConfirmed()) worked += 1
      }
      yield { type: 'outcome', outcome: done }
    },
  }
  const held = {
    task: { project: 'shop', key: 'issue-7' },
    holder: { began: 'a'.repeat(40), terms: { epoch: 1, base: 'main', branch: 'althing/issue-7' } },
    lease: { mayWork, untilMayWork: async () => {} },
    capture: createCapture(clock, { maxBytes: 10_000, secrets: [] }),
    ...{ resumedBecause: undefined, merge: undefined, worktree: { path: '/tree', writable: [], readable: [] } },
  }
  const deps = { clock, driver, sandbox: undefined, askForHelp: undefined }
  // nothing here runs a command, asks a peer or moves a claim
  const drive = driveAgent(deps as unknown as DriveDeps, held as unknown as DrivenTask, { limits, commandTimeoutMs: minuteMs, signal })
  return clock.run(drive, { maxMs: 10 * limits.timeoutMs })
}

test('F19: an agent that stood still while the forge was down has all of its time after', async () => {
  assert.deepEqual(await openAgent({ needs: 50, from: 10, until: 65 }), done)
})

test('F27: an agent that works longer than it may has failed, however long it stood still besides', async () => {
  const outcome = await openAgent({ needs: 70, from: 10, until: 65 })
  assert.deepEqual(outcome, { outcome: 'failed', reason: 'it came to no end within 3600000 ms' })
})

test('rule 15: a forge that is down for as long as an agent may work ends the work, and that is no failure of it', async () => {
  await assert.rejects(openAgent({ needs: 50, from: 10, until: 600 }), {
    name: 'StoodStill',
    message: 'the forge did not confirm the lease for 3600000 ms',
  })
})
