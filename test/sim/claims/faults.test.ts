import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimFault } from './claims-script.ts'
import { playFaults } from './claims-script.ts'
import type { ClaimsReport } from './claims-simulation.ts'
import { ClaimsSimulation } from './claims-simulation.ts'

const tasks = 4
/** When every task is held, and worked on for longer than a lease and all that comes after it. In milliseconds. */
const at = 20_000
const workMs = 100_000
/** So long that who stops for three leases would go on with it while its successor is at work. In milliseconds. */
const longWorkMs = 300_000
/** Three leases. */
const forMs = 180_000

/** A few nodes to whom just these things happen. Whatever it is, G1–G4 hold, nobody works while another does, and every task ends. */
async function suffer(
  faults: readonly ClaimFault[],
  options: { readonly nodes?: number; readonly workMs?: number } = {},
): Promise<ClaimsReport> {
  const { nodes = 3 } = options
  const script = playFaults(faults, { tasks, workMs, ...options })
  const report = await new ClaimsSimulation({ nodes, tasks, seed: 1, isTroubled: false, script }).run()
  assert.deepEqual(report.violations, [])
  return report
}

function assertHeldOnce({ once, holdings }: ClaimsReport): void {
  assert.deepEqual([once, holdings], [tasks, tasks])
}

/** That some were lost to another node, each to one. */
function assertOneSuccessor({ once, holdings }: ClaimsReport): void {
  assert.ok(once < tasks, 'nobody lost a task')
  assert.equal(holdings, once + 2 * (tasks - once))
}

test('F3: each task of a holder that was killed has exactly one successor', async () => {
  assertOneSuccessor(await suffer([{ type: 'kill', machine: 'busiest', at, forMs: 300_000 }]))
})

test('F4: who stood still for three leases works no more, publishes nothing, and has one successor', async () => {
  assertOneSuccessor(await suffer([{ type: 'stop', machines: ['busiest'], at, forMs }], { workMs: longWorkMs }))
})

for (const [how, groupOf] of Object.entries({ '2/1': [0, 0, 1], '3/2': [0, 0, 1, 1, 0] }))
  test(`F10: who is not heard because gossip is cut ${how} is not taken for gone while it renews`, async () => {
    assertHeldOnce(await suffer([{ type: 'partition', groupOf, at, forMs: 120_000 }], { nodes: groupOf.length }))
  })

for (const type of ['deaf', 'cut'] as const)
  test(`F11: a holder whose line is ${type} one way loses its task to one other, and takes up work again once it is mended`, async () => {
    assertOneSuccessor(await suffer([{ type, machines: ['busiest'], at, forMs }], { workMs: longWorkMs }))
  })

test('F11 F18: a lid that opens behind a line that is cut one way lets nobody work on what another took meanwhile', async () => {
  const lid: ClaimFault = { type: 'lid', machines: ['busiest'], at: 30_000, forMs: 100_000 }
  assertOneSuccessor(await suffer([{ type: 'deaf', machines: ['busiest'], at, forMs: 300_000 }, lid]))
})

test('F12: lines that are cut and whole again every 1.5 seconds take no task from anybody', async () => {
  assertHeldOnce(await suffer([{ type: 'flap', at, forMs: 60_000 }]))
})

test('F13 F16: where a request in five fails, half of them come twice, the second time late, and nobody is heard, all work ends as without', async () => {
  const silence: ClaimFault = { type: 'silence', at: 0, forMs: 400_000 }
  await suffer([{ type: 'noise', at: 0, forMs: 400_000, loss: 0.1, duplicates: 0.5 }, silence], { nodes: 5 })
})

test('F14: with 300 ms ± 100 ms each way nobody is taken for gone, although nobody is heard', async () => {
  const silence: ClaimFault = { type: 'silence', at: 0, forMs: 300_000 }
  assertHeldOnce(await suffer([{ type: 'slow', at: 0, forMs: 300_000 }, silence]))
})

for (const machine of [0, 1, 2])
  test(`F17: the clock of node ${machine} jumps on and on from an hour behind to an hour ahead, and takes no task of others who are not heard`, async () => {
    const jumps = Array.from({ length: 13 }, (_, step): ClaimFault => {
      const offsetMs = (step - 6) * 600_000
      return { type: 'skew', machine, offsetMs, at: at + step * 4_000, forMs: 0 }
    })
    assertHeldOnce(await suffer([{ type: 'silence', at: 0, forMs: 100_000 }, ...jumps]))
  })

test('F18: a lid that was closed for two hours costs its tasks one successor each, and nobody is asked', async () => {
  assertOneSuccessor(await suffer([{ type: 'lid', machines: ['busiest'], at, forMs: 7_200_000 }], { nodes: 2 }))
})

test('F19: when a forge that was down for two leases is back, those who held go on', async () => {
  assertHeldOnce(await suffer([{ type: 'down', at, forMs: 120_000 }], { workMs: 80_000 }))
})

test('F28: a node that is told to end gives its tasks back, and others go on with them at once', async () => {
  const report = await suffer([{ type: 'term', machine: 'busiest', at, forMs: 60_000 }])
  assertOneSuccessor(report)
  assert.ok((report.pushes['release'] ?? 0) > 0)
  // a lease that had to run out would be a minute more
  assert.ok(report.virtualSeconds < 200, `${report.virtualSeconds} s`)
})

for (const nodes of [1, 3])
  test(`F35: homes that were set back to before their claims, ${nodes} in all, do not know their own processes, and their tasks end all the same`, async () => {
    const backup = (machine: number): ClaimFault => ({ type: 'restore-home', machine, at: 3_000, forMs: 40_000 })
    assertOneSuccessor(
      await suffer(
        Array.from({ length: nodes }, (_, index) => backup(index)),
        { nodes },
      ),
    )
  })

test('F35: a forge that was set back half a minute gets its chains again, and nobody starts anew', async () => {
  assertHeldOnce(await suffer([{ type: 'rewind', at: 30_000, forMs: 30_000 }]))
})

test('a second process with the key of a holder takes nothing from it', async () => {
  assertHeldOnce(await suffer([{ type: 'twin', machine: 'busiest', at, forMs }]))
})

test('a server that names claims and does not give their commits for a while gets no older ones back, and takes no task from anybody', async () => {
  const kill: ClaimFault = { type: 'kill', machine: 'busiest', at, forMs: 300_000 }
  assertOneSuccessor(await suffer([kill, { type: 'glitch', at: 60_000, forMs: 120_000 }]))
})
