import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Chance } from '../lib/chance.ts'
import { createSeededChance } from '../lib/chance.ts'
import type { Cluster, Member } from './testing/cluster.ts'
import { useCluster } from './testing/cluster.ts'
import { rowsOf } from './testing/stand.ts'

/** One version as somebody once read it. */
type Seen = Map<string, string>

/** What every member reads under every number; a number that somebody read before must say the same. */
function readAll(members: readonly Member[], seen: Seen): void {
  for (const { database, name } of members) {
    const rows = database.all<{ readonly resource: string; readonly version: number; readonly cid: string | null; readonly entry: string }>(
      `select r.resource, v.version, v.cid, v.entry from context_version v join context_resource r on r.id = v.resource
       where v.counts = 1 and v.version <= r.last`,
    )
    for (const { resource, version, cid, entry } of rows) {
      const [number, said] = [`${resource} *~${version}`, `${entry} ${cid ?? 'deleted'}`]
      assert.equal(seen.get(number) ?? said, said, `${name} reads something else under ${number}`)
      seen.set(number, said)
    }
  }
}

/** Everybody writes, some drawn number of versions and deletions of a few resources. */
async function writeSome(members: readonly Member[], chance: Chance): Promise<number> {
  let written = 0
  for (const member of members) {
    for (let count = Math.floor(chance.fraction() * 4); count > 0; count -= 1) {
      const path = `n${Math.floor(chance.fraction() * 2)}`
      // nobody waits for copies behind a partition
      await member.put(`ucxl://${member.name}:dev@shop:cart/*^/${path}`, `${member.name} ${chance.fraction()}`, { replicas: 1 })
      written += 1
    }
  }
  return written
}

async function settle(cluster: Cluster, members: readonly Member[]): Promise<void> {
  const rows = (): ReadonlySet<string> => new Set(members.map((member) => JSON.stringify(viewOf(member))))
  await cluster.until(() => members.every(hasCopies) && rows().size === 1, 5_000)
}

/** What a member's view says, without what is its own: which content it keeps words of. */
function viewOf(member: Member): unknown {
  const { resources, versions, names } = rowsOf(member) as Record<string, unknown>
  return { resources, versions, names }
}

function hasCopies({ context }: Member): boolean {
  return context.status().copies?.below === 0
}

interface Drawn {
  readonly cluster: Cluster
  readonly members: readonly Member[]
  readonly chance: Chance
}

async function draw(t: TestContext, count: number, more: Parameters<typeof useCluster>[1] = {}): Promise<Drawn> {
  const seed = Number(process.env['CONTEXT_SEED'] ?? Date.now() % 1_000_000)
  t.diagnostic(`seed ${seed}; CONTEXT_SEED=${seed} draws the same`)
  const cluster = await useCluster(t, { seed, latencyMs: 20, jitterMs: 30, ...more })
  const members: Member[] = []
  for (const name of ['ada', 'bob', 'cy', 'dan', 'eve'].slice(0, count)) members.push(await cluster.open(name))
  await cluster.connect(...members)
  return { cluster, members, chance: createSeededChance(seed) }
}

for (const [sizes, count] of [
  ['2/1', 3],
  ['3/2', 5],
] as const) {
  test(`F10: after partitions of ${sizes} all read the same versions, and no number ever said two things`, async (t) => {
    const { cluster, members, chance } = await draw(t, count)
    const seen: Seen = new Map()
    let written = await writeSome(members, chance)
    for (let round = 0; round < 2; round += 1) {
      const [smaller, larger] = [members.slice(0, Math.floor(count / 2)), members.slice(Math.floor(count / 2))]
      cluster.network.partition([smaller.map(({ node }) => node), larger.map(({ node }) => node)])
      for (let step = 0; step < 2; step += 1) {
        written += await writeSome(members, chance)
        await cluster.clock.advance(Math.floor(chance.fraction() * 60_000))
        readAll(members, seen)
      }
      cluster.network.heal()
      await cluster.clock.advance(Math.floor(chance.fraction() * 5_000))
      readAll(members, seen)
    }
    await settle(cluster, members)
    readAll(members, seen)
    assert.equal(seen.size, written)
    for (const member of members) for (const { writer, content } of await lastOf(member)) assert.ok(content.startsWith(writer))
  })
}

/** The newest of every resource, read with its content wherever that is. */
async function lastOf(member: Member): Promise<readonly { readonly writer: string; readonly content: string }[]> {
  const rows = member.database.all<{ readonly resource: string; readonly agent: string }>(
    'select resource, agent from context_resource where cid is not null',
  )
  const read: { readonly writer: string; readonly content: string }[] = []
  for (const { resource, agent } of rows) read.push({ writer: agent, content: await member.read(resource.replace('cart/', 'cart/*^/')) })
  return read
}

test('F11: where one direction is cut, versions and copies go around by others', async (t) => {
  const { cluster, members, chance } = await draw(t, 3)
  const [ada, bob, cy] = members
  assert.ok(ada !== undefined && bob !== undefined && cy !== undefined)
  cluster.network.cut(ada.node, bob.node)
  const seen: Seen = new Map()
  const written = await writeSome(members, chance)
  const put = await ada.put('ucxl://ada:dev@shop:cart/*^/cut', 'ada said so')
  assert.ok(put.replicas.confirmed >= 2, 'cy has it')
  await cluster.until(() => bob.database.get('select 1 from context_resource where path = ? and last > 0', 'cut') !== undefined)
  readAll(members, seen)
  cluster.network.heal()
  await settle(cluster, members)
  readAll(members, seen)
  assert.equal(seen.size, written + 1)
})

test('F16 F17: with messages twice and out of order and clocks an hour off, all read the same, and copies are kept', async (t) => {
  const { cluster, members, chance } = await draw(t, 3, { duplicates: 0.3, jitterMs: 800, loss: 0.05 })
  const [ada, bob] = members
  ada?.skewed.skew(3_600_000)
  bob?.skewed.skew(-3_600_000)
  const seen: Seen = new Map()
  let written = 0
  for (let round = 0; round < 3; round += 1) {
    written += await writeSome(members, chance)
    await cluster.clock.advance(2_000)
    readAll(members, seen)
  }
  await settle(cluster, members)
  readAll(members, seen)
  assert.equal(seen.size, written)
})
