import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Machine } from './machine.ts'
import { namedOf, addressOf, enter, number, openVillage, text, untilKnown, untilMet, writePackage } from './machine.ts'

const names = ['bob', 'cy', 'dan', 'eve'] as const

test('five machines that know one address become a full mesh, and what one publishes all know', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  await ada.start()
  const code = text(await ada.ask('hive', 'invite', '--uses', '4'), 'code')
  const bootstrap = await addressOf(ada)
  const others = names.map((name) => village.settle(name))
  for (const machine of others) await machine.ask('hive', 'join', code, '--handle', machine.name)
  for (const machine of others) await machine.start('--bootstrap', bootstrap)

  const everyone = [ada, ...others]
  for (const machine of everyone) {
    await untilMet(machine, 4)
  }
  await publishOne(ada, writePackage(village, 'from-ada'))
  const last = others.at(-1)
  assert.ok(last !== undefined)
  await publishOne(last, writePackage(village, 'from-eve'))
  for (const machine of everyone) await untilKnown(machine, 2)
})

test('a node that joins after two hundred records has all of them', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  const bob = village.settle('bob')
  const packages = Array.from({ length: 200 }, (_, index) => writePackage(village, `pack-${index}`))
  await ada.start()
  // Over the node's socket from here: two hundred processes would take longer than what this test is about.
  for (const path of packages) await ada.call('p2p.publish', { path })
  await enter(ada, bob)
  await untilKnown(bob, 200)
  const installed = namedOf(await bob.ask('install', 'pack-137'))
  assert.match(readFileSync(`${text(installed, 'path')}/package.toml`, 'utf8'), /pack-137/)
})

test('F25: addresses where nobody is delay no start, and the node says that it is alone', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  const dead = Array.from({ length: 20 }, (_, index) => `/ip4/127.0.0.1/tcp/${index + 1}`)
  // Reserved for documentation (RFC 5737): packets to it get no answer, a dial there waits.
  const silent = Array.from({ length: 4 }, (_, index) => `/ip4/192.0.2.${index + 1}/tcp/4001`)
  const startedAt = performance.now()
  const node = await ada.start('--bootstrap', ...dead, ...silent)
  const said = await node.until(/connected to 0 bootstrap peers/)
  const ms = performance.now() - startedAt
  assert.ok(ms < 10_000, `${ms} ms`)
  assert.match(said, /→ /)
  const status = await ada.ask('p2p', 'status')
  assert.equal(number(status, 'connections', 'bootstrap'), 0)
  assert.equal((await ada.end('SIGTERM')).code, 0)
})

async function publishOne(machine: Machine, folder: string): Promise<void> {
  assert.equal((await machine.ask('p2p', 'publish', folder))['status'], 'published')
}
