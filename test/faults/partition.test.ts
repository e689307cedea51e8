import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../../src/lib/chance.ts'
import { contextImpatience, playContext } from './context-scenes.ts'
import type { Member } from './member.ts'
import { assertConverged, installOf, packagesOf, untilAll, untilConnected } from './member.ts'
import { assertProxied, isUnable, openProxiedHive } from './proxied-hive.ts'

test('a hive of real processes behind links that fail', { skip: isUnable }, async (t) => {
  const { proxy, settle, admit } = await openProxiedHive(t, contextImpatience)
  const founder = await settle('ada')
  await founder.ask('hive', 'create', 'workshop', '--handle', 'ada')
  const ada = await admit(founder)
  const [bob, cy] = await Promise.all([admit(await settle('bob'), ada), admit(await settle('cy'), ada)])
  const three = [ada, bob, cy] as const
  await untilConnected(three, 2)
  await assertProxied(three)
  const packages: string[] = []
  t.afterEach(() => proxy.heal())

  await t.test('F10: 2/1, connections standing: both sides publish, nothing is lost, and views converge after healing', async () => {
    proxy.partition(['ada', 'bob'], ['cy'])
    packages.push(...(await Promise.all([ada.publish('from-ada'), cy.publish('from-cy')])))
    await untilAll([bob], packagesOf, (names) => names.length === 1)
    assert.deepEqual(await packagesOf(cy), ['from-cy'])
    proxy.heal()
    await assertConverged(three, packages, ['from-ada', 'from-cy'])
  })

  await playContext(t, { proxy, three })

  const [dan, eve] = await Promise.all([admit(await settle('dan'), ada), admit(await settle('eve'), ada)])
  const five = [ada, bob, cy, dan, eve]
  await untilConnected(five, 4)
  await untilAll(five, packagesOf, (names) => names.length === packages.length)

  await t.test('F10: 3/2, connections reset: each side goes on by itself, nothing is lost, and views converge after healing', async () => {
    proxy.partition(['ada', 'bob', 'cy'], ['dan', 'eve'])
    for (const one of ['ada', 'bob', 'cy']) for (const other of ['dan', 'eve']) proxy.sever(one, other)
    await untilConnected([ada, bob, cy], 2)
    await untilConnected([dan, eve], 1)
    packages.push(...(await Promise.all(five.map(async ({ name, publish }) => publish(`of-${name}`)))))
    await untilAll([ada, bob, cy], packagesOf, (names) => names.length === 5)
    await untilAll([dan, eve], packagesOf, (names) => names.length === 4)
    await installOf(eve, 'of-dan')
    proxy.heal()
    await assertConverged(five, packages, ['of-ada', 'of-dan'])
    await untilConnected(five, 4)
  })

  await t.test(
    'F11: where one direction is cut others carry the records, both ends dial on calmly, and all is well after healing',
    async () => {
      const linesBefore = [ada, bob].map(linesOf)
      const cutAt = performance.now()
      proxy.cut('ada', 'bob')
      proxy.sever('ada', 'bob')
      packages.push(...(await Promise.all([ada, bob, cy].map(async ({ name, publish }) => publish(`cut-${name}`)))))
      await untilAll(five, packagesOf, (names) => names.length === packages.length)
      await installOf(bob, 'cut-ada')
      const dialsSince = (from: string, to: string): number => proxy.dials(from, to).filter((at) => at > cutAt).length
      await untilAll(
        [ada],
        () => Math.min(dialsSince('ada', 'bob'), dialsSince('bob', 'ada')),
        (dials) => dials >= 3,
      )
      const seconds = (performance.now() - cutAt) / 1000
      // each waits for the one before, which takes the time-out of a dial where nobody answers, after a few sooner ones and those of the install
      for (const dials of [dialsSince('ada', 'bob'), dialsSince('bob', 'ada')])
        assert.ok(dials <= 6 + 2 * seconds, `${dials} dials in ${seconds} s`)
      for (const [index, member] of [ada, bob].entries()) {
        const lines = linesOf(member) - (linesBefore[index] ?? 0)
        assert.ok(lines <= 10, `${member.name} wrote ${lines} lines: ${member.node.said()}`)
      }
      proxy.heal()
      await untilConnected(five, 4)
      packages.push(await ada.publish('healed'))
      await assertConverged(five, packages, ['cut-bob', 'healed'])
    },
  )

  await t.test(
    'F13 F16: connections that break at random in the midst of everything: work finishes, and all end in the same state',
    async (scene) => {
      const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000)
      scene.diagnostic(`seed ${seed}; FAULT_SEED=${seed} draws the same`)
      const chance = createSeededChance(seed)
      proxy.delay('ada', 'bob', 20)
      // one in five carries a whole chunk
      proxy.breakAtRandom({ chance, minBytes: 5_000, maxBytes: 4_000_000 })
      const publishAll = async ({ name, publish }: Member): Promise<void> => {
        for (let count = 0; count < 2; count += 1) packages.push(await publish(`small-${name}-${count}`))
      }
      // two chunks
      packages.push(await ada.publish('large', { bytes: 1_100_000 }))
      await Promise.all(five.map(publishAll))
      await assertConverged(five, packages, ['large', 'small-eve-1'])
      scene.diagnostic(`${proxy.broken()} connections broken`)
      assert.ok(proxy.broken() >= 5, `only ${proxy.broken()} connections broke`)
    },
  )
})

function linesOf({ node }: Member): number {
  return node.said().split('\n').length
}
