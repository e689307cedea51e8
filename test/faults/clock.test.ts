import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { list, openVillage, text, writePackage } from '../e2e/machine.ts'
import type { Member } from './member.ts'
import { assertConverged, neighboursOf, openMember, untilAll, untilConnected } from './member.ts'

const hourMs = 3_600_000
const shifting = new URL('preload/shift-clock.ts', import.meta.url).href
/** `FAULT_LIBFAKETIME` says where it lies when it is not installed where Debian and its children put it. */
const [libfaketime = process.env['FAULT_LIBFAKETIME']] = globSync('/usr/lib/{,*/}faketime/libfaketimeMT.so.1')

const shifts = {
  'with JavaScript’s clocks shifted': {
    skip: false,
    shift: (hours: number) => ({ NODE_OPTIONS: `--import ${shifting}`, FAULT_CLOCK_OFFSET_MS: String(hours * hourMs) }),
  },
  'with the system’s clock shifted by libfaketime': {
    skip: libfaketime === undefined ? 'libfaketime is not installed' : false,
    shift: (hours: number) => ({
      LD_PRELOAD: libfaketime ?? '',
      FAKETIME: `${hours < 0 ? '' : '+'}${hours}h`,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }),
  },
} as const

for (const [how, { skip, shift }] of Object.entries(shifts)) {
  test(`F17: nodes two hours apart join, publish, install, relay and revoke as if they were not, ${how}`, { skip }, async (t) => {
    await playWith(t, shift)
  })
}

async function playWith(t: TestContext, shift: (hours: number) => Readonly<Record<string, string>>): Promise<void> {
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '2000', ALTHING_NETWORK_REDIAL_BASE_MS: '200' })
  const settled = village.settle('ada', shift(-1))
  const ada = await openMember(village, settled, await settled.start())
  const admit = async (name: string, settings: Readonly<Record<string, string>>): Promise<Member> => {
    const machine = village.settle(name, settings)
    // Over by everybody's clock but the one that counts: that of who asks for it and takes it.
    const { code } = await ada.call('hive.invite', { expires: '30m' })
    await machine.ask('hive', 'join', String(code), '--handle', name)
    return openMember(village, machine, await machine.start())
  }
  const bob = await admit('bob', shift(0))
  // It listens nowhere, so that it is reached by a place that a relay with another clock keeps for it.
  const cy = await admit('cy', { ...shift(1), ALTHING_NETWORK_LISTEN: '' })
  const everybody = [ada, bob, cy]
  await untilConnected(everybody, 2)

  const released = await Promise.all(everybody.map(async ({ name, publish }) => publish(`of-${name}`)))
  await assertConverged(everybody, released, released)
  const hits = list(await bob.call('p2p.search'), 'packages').map((hit) => [text(hit, 'name'), Number(hit['publishedAt'])] as const)
  const at = new Map(hits)
  const apart = (at.get('of-cy') ?? 0) - (at.get('of-ada') ?? 0)
  assert.ok(apart > 1.9 * hourMs && apart < 2.1 * hourMs, `the clocks were ${apart} ms apart`)
  await untilAll(
    [cy],
    async () => (await cy.call('p2p.status'))['listen'],
    (addresses) => [ada, bob].every(({ peer }) => String(addresses).includes(`${peer}/p2p-circuit`)),
  )

  await ada.call('hive.revoke', { subject: 'cy' })
  await untilAll([ada, bob], neighboursOf, (peers) => peers.length === 1)
  // Whether it knows already or not, nobody is to hear of it.
  await cy.run(['p2p', 'publish', writePackage(village, 'too-late')])
  await bob.publish('in-time')
  await assertConverged([ada, bob], [...released, 'in-time'], ['of-cy'])
}
