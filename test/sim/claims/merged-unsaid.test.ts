import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigningKey } from '../../../src/identity/keys.ts'
import { createSeededChance } from '../../../src/lib/chance.ts'
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts'
import { openDisk } from '../disk.ts'
import { createSharedReader } from './shared-reader.ts'
import { SimForge } from './sim-forge.ts'
import { SimGossip } from './sim-gossip.ts'
import { SimMachine } from './sim-machine.ts'
import { SimServer } from './sim-server.ts'

async function openWorld(seed: number) {
  const world = createVirtualClock({ startsAt: Date.UTC(2026, 0, 1) })
  const chance = createSeededChance(seed)
  const server = new SimServer(world)
  const forge = new SimForge(world, server)
  const gossip = new SimGossip({ world, chance })
  const worked: string[] = []
  const hear = { opened: (): void => {} }
  const reach = forge.reach.bind(forge)
  // a pull request is there before whoever opened it hears of it
  forge.reach = (deps, line) => {
    const { openPull, ...rest } = reach(deps, line)
    return {
      ...rest,
      openPull: async (draft, waiting) => {
        const pull = await openPull(draft, waiting)
        hear.opened()
        return pull
      },
    }
  }
  const open = async (name: string): Promise<SimMachine> =>
    new SimMachine(
      {
        ...{ world, chance, server, forge, gossip, reader: createSharedReader() },
        mood: { isDown: false, refusals: 0, pretences: 0, lagMs: 0, glitches: 0 },
        planOf: () => ({ workMs: 5_000, fault: undefined }),
        watch: { begin: () => void worked.push(name), end: () => {} },
        failed: (reason) => assert.fail(String(reason)),
      },
      { name, key: createSigningKey() },
      await openDisk([], { isMarked: false }),
    )
  /** What was said of the one task, without renewals. */
  const chain = (): readonly string[] =>
    [...server.links.values()].flatMap(({ document: link }) =>
      link === undefined || link.kind === 'renew' ? [] : [`${link.kind} ${link.reason ?? ''}`.trim()],
    )
  return { world, forge, hear, worked, open, chain }
}

for (const isSame of [false, true])
  test(`F3: work whose holder was killed when its pull request was opened, and that a person merged then, is not done again by ${isSame ? 'its next process' : 'another'}`, async (t) => {
    const seed = 7
    t.diagnostic(`seed ${seed}`)
    const { world, forge, hear, worked, open, chain } = await openWorld(seed)
    const [ada, bob] = [await open('ada'), await open('bob')]
    t.after(() => Promise.all([ada.close(), bob.close()]))
    hear.opened = () => ada.kill()
    forge.addIssue()
    ada.start()
    await world.advance(30_000)
    assert.deepEqual([worked, chain(), forge.pulls().length], [['ada'], ['claim'], 1])
    forge.mergeOlderThan(0)
    const next = isSame ? ada : bob
    next.start()
    await world.advance(100_000)
    assert.deepEqual([worked, forge.pulls().length], [['ada'], 1])
    const done = 'done merged: sim:pull/1'
    assert.deepEqual(chain(), isSame ? ['claim', done] : ['claim', 'takeover expired', done])
  })
