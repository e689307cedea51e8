import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openVillage, text } from '../e2e/machine.ts'
import type { Member } from '../faults/member.ts'
import { assertConverged, openMember, packagesOf, untilAll, untilConnected } from '../faults/member.ts'
import { isUnable, openNetwork } from './namespaces.ts'

const names = ['ada', 'bob', 'cy', 'dan', 'eve'] as const

test('five machines on a network that loses packets', { skip: isUnable }, async (t) => {
  const network = openNetwork(t, names)
  // Nobody waits for copies; and two who lost each other meet again in seconds.
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '200', ALTHING_NETWORK_REDIAL_MAX_MS: '5000' })
  const everybody: Member[] = []
  for (const { name, host, under } of network.places) {
    const machine = village.settle(name, { ALTHING_NETWORK_LISTEN: `/ip4/${host}/tcp/4001` }, under)
    const [root] = everybody
    if (root !== undefined) await machine.ask('hive', 'join', text(await root.call('hive.invite'), 'code'), '--handle', name)
    everybody.push(await openMember(village, machine, await machine.start()))
  }
  const [ada, bob, cy, dan, eve] = everybody as [Member, Member, Member, Member, Member]
  const packages: string[] = []
  const publishAll = async (what: string): Promise<void> => {
    packages.push(...(await Promise.all(everybody.map(async ({ name, publish }) => publish(`${what}-${name}`)))))
  }
  await untilConnected(everybody, 4)
  t.afterEach(() => network.heal())

  await t.test('F10: 3/2 by dropped packets: both sides go on, and after healing nothing is lost and views converge', async () => {
    for (const one of ['ada', 'bob', 'cy']) {
      for (const other of ['dan', 'eve']) {
        network.cut(one, other)
        network.cut(other, one)
      }
    }
    await publishAll('split')
    await untilAll([ada, bob, cy], packagesOf, (known) => known.length === 3)
    await untilAll([dan, eve], packagesOf, (known) => known.length === 2)
    network.heal()
    await assertConverged(everybody, packages, ['split-ada', 'split-eve'])
  })

  await t.test('F11: one direction of packets dropped: the others carry what is new, and all is well after healing', async () => {
    network.cut('ada', 'bob')
    await publishAll('cut')
    await untilAll(everybody, packagesOf, (known) => known.length === packages.length)
    network.heal()
    await assertConverged(everybody, packages, ['cut-ada', 'cut-bob'])
  })

  await t.test('F13: 30 % of all packets lost: what was published is listed and installed by all, whole', async (scene) => {
    network.lose(30)
    const startedAt = performance.now()
    await publishAll('lossy')
    packages.push(await ada.publish('lossy-large', { bytes: 300_000 }))
    await assertConverged(everybody, packages, ['lossy-bob', 'lossy-large'])
    scene.diagnostic(`${Math.round(performance.now() - startedAt)} ms`)
    assert.equal((await packagesOf(eve)).length, 16)
  })
})
