import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, openVillage, text } from '../e2e/machine.ts'
import { openHostileMember } from './hostile-member.ts'
import { assertConverged, headsOf, openMember, untilAll, untilConnected } from './member.ts'

test('F16: entries that come doubled and in the wrong order, by gossip and in answers, end in the same state everywhere', async (t) => {
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '200' })
  const [one, other, third] = [village.settle('ada'), village.settle('bob'), village.settle('eve')]
  const ada = await openMember(village, one, await one.start())
  for (const machine of [other, third]) {
    await machine.ask('hive', 'join', text(await ada.call('hive.invite'), 'code'), '--handle', machine.name)
  }
  const bob = await openMember(village, other, await other.start())
  await untilConnected([ada, bob], 1)
  const eve = await openHostileMember(t, third, { addresses: [await addressOf(one), await addressOf(other)], count: 12 })
  await untilConnected([ada, bob], 2)

  await eve.tell(eve.entries.toReversed())
  const packages = await Promise.all([ada.publish('of-ada'), bob.publish('of-bob')])
  await eve.tell(eve.entries)
  const last = eve.entries.at(-1)
  assert.ok(last !== undefined)
  const { node, seq } = last.header
  const ofEve = (heads: readonly unknown[]): string =>
    JSON.stringify((heads as readonly { readonly node: string }[]).filter((head) => head.node === node))
  await untilAll([ada, bob], headsOf, (heads) => ofEve(heads).includes(`"seq":${seq},"entries":${seq}`))
  await assertConverged([ada, bob], packages, ['of-ada'])
  assert.ok(eve.answers() >= 2, 'nobody asked eve for what was missing')
  for (const member of [ada, bob]) {
    const { troubled } = (await member.call('p2p.status'))['journals'] as { readonly troubled: number }
    assert.equal(troubled, 0)
    assert.doesNotMatch(member.node.said(), /no honest peer/)
  }
})
