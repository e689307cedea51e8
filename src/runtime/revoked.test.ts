import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { defaultConfig } from '../config/load.ts'
import { openShutdown } from '../health/shutdown.ts'
import { createSigningKey, peerIdOfKey } from '../identity/keys.ts'
import { systemChance } from '../lib/chance.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import type { HiveRuntime } from './hive-runtime.ts'
import { marketHiveOf } from './hive-runtime.ts'
import { Hives } from './hives.ts'
import { openHome } from './open-home.ts'
import { readStatus } from './status.ts'

const surroundings = { clock: systemClock, chance: systemChance, log: silentLog }

test('a node that was revoked appends nothing for a feature, waits for nobody, and its status says so', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'althing-revoked-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  await using shutdown = openShutdown(surroundings, (await defaultConfig()).shutdown)
  const config = await defaultConfig()
  const home = await openHome({ ...surroundings, shutdown }, { path, config, signal: t.signal })
  const hives = shutdown.use('hives', new Hives({ ...surroundings, home }, { config, peers: false, isTransient: true }))
  const runtime = await hives.ensure(undefined)
  const hive: HiveRuntime = { ...runtime, membership: { ...runtime.membership, judge: () => ({ verdict: 'cut', after: undefined }) } }
  const market = marketHiveOf(hive)
  await assert.rejects(market.journal.append('note', { text: 'still here?' }), { code: 'NODE_REVOKED' })
  assert.throws(() => market.needAdmitted(), { code: 'NODE_REVOKED' })
  await market.untilConnected({ signal: t.signal })
  const status = readStatus({ home, config, hive, hives: 1, isRunning: true, uptimeMs: 1, http: undefined })
  assert.equal(status.hints.length, 1)
  assert.match(status.hints[0] ?? '', /this node was revoked in/)
  await marketHiveOf(runtime).journal.append('note', { text: 'here' })
  const told: HiveRuntime = { ...runtime, service: { ...runtime.service, deniedBy: () => [home.keys.nodeId] } }
  const heard = readStatus({ home, config, hive: told, hives: 1, isRunning: true, uptimeMs: 1, http: undefined })
  assert.match(heard.hints[0] ?? '', /^1 member says that this node was revoked in /)
  assert.ok(!heard.hints.some((hint) => hint.includes('nobody else')))
  await assert.rejects(marketHiveOf(told).journal.append('note', { text: 'still here?' }), { code: 'NODE_REVOKED' })
  const rumoured: HiveRuntime = { ...runtime, service: { ...runtime.service, deniedBy: () => [peerIdOfKey(createSigningKey().publicKey)] } }
  await marketHiveOf(rumoured).journal.append('note', { text: 'one who could not revoke it stops nothing' })
})

test('a node that has just started looks for the others, and says only later that none is in reach', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'althing-searching-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  await using shutdown = openShutdown(surroundings, (await defaultConfig()).shutdown)
  const config = await defaultConfig()
  const home = await openHome({ ...surroundings, shutdown }, { path, config, signal: t.signal })
  const hives = shutdown.use('hives', new Hives({ ...surroundings, home }, { config, peers: false, isTransient: false }))
  const runtime = await hives.ensure(undefined)
  const members = () => [...runtime.membership.members(), ...runtime.membership.members()]
  const hive: HiveRuntime = { ...runtime, membership: { ...runtime.membership, members } }
  const hintsAt = (uptimeMs: number): string =>
    readStatus({ home, config, hive, hives: 1, isRunning: true, uptimeMs, http: undefined }).hints.join('\n')
  assert.match(hintsAt(1_000), /looking for the other members/)
  assert.match(hintsAt(60_000), /no other member is in reach/)
})
