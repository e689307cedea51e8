import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { encodeText } from '../../lib/bytes.ts'
import { Fault } from '../../lib/fault.ts'
import type { Database } from '../../store/database.ts'
import { openDatabase } from '../../store/database.ts'
import { createMemoryBlobStore } from '../../store/memory-blobs.ts'
import { parseAddress } from '../../ucxl/ucxl.ts'
import type { Version } from '../context.ts'
import { formatVersion, versionKind } from '../version.ts'
import type { Stand, StandOptions } from '../testing/stand.ts'
import { Names, openStand, replicate, startsAt, textOf, useStand } from '../testing/stand.ts'

const plan = 'ucxl://ada:dev@shop:cart-42/*^/plan.md'
const canary = 'canary-5f1c-of-the-plan'
const { signal } = new AbortController()

interface Village {
  readonly names: Names
  readonly ada: Stand
  readonly bob: Stand
  readonly cy: Stand
}

/** ada writes; bob is a backend; cy is a member and nothing else. Each knows everybody's key. */
async function openVillage(t: TestContext, given: Partial<StandOptions> = {}): Promise<Village> {
  const names = new Names().grant('ada', 'ada').enroll('ada', []).enroll('bob', ['backend']).enroll('cy', [])
  const clock = createVirtualClock({ startsAt })
  const open = (name: string): Promise<Stand> => useStand(t, name, { names, clock, agents: name === 'ada' ? ['ada'] : [], ...given })
  const village = { names, ada: await open('ada'), bob: await open('bob'), cy: await open('cy') }
  for (const stand of [village.bob, village.cy]) {
    await stand.context.rekey()
    await replicate(stand, village.ada)
  }
  return village
}

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const outcome = await work.catch((error: unknown) => error)
  assert.ok(outcome instanceof Fault, `no fault: ${String(outcome)}`)
  return outcome
}

/** Whether bytes of a text occur in any row of a database. */
function isInDatabase(database: Database, text: string): boolean {
  const tables = database.all<{ readonly name: string }>(
    "select name from sqlite_schema where type = 'table' and sql not like 'create virtual%'",
  )
  return tables.some(({ name }) => {
    const rows = database.all<Record<string, unknown>>(`select * from "${name}"`)
    return rows.some((row) =>
      Object.values(row).some((value) => Buffer.from(value instanceof Uint8Array ? value : String(value)).includes(text)),
    )
  })
}

/** Says a version of the plan as a node does that was changed to lie. */
async function lie(stand: Stand, { cid, size, metadata }: Pick<Version, 'cid' | 'size' | 'metadata'>): Promise<void> {
  const { items } = stand.context.versions(parseAddress(plan), { limit: 1 })
  const [newest] = items
  assert.ok(newest !== undefined)
  const next = { resource: parseAddress(plan), version: newest.version + 1, previous: newest.entry, keeps: 1 }
  await stand.journal.append(versionKind, formatVersion({ ...next, cid, size, metadata, mediaType: 'application/vnd.age' }))
}

test('what is sealed for a role is opened by nodes of who holds it and by its writer, and by no other member', async (t) => {
  const { ada, bob, cy } = await openVillage(t)
  const stored = await ada.put(plan, canary, { sealFor: ['role:backend'], mediaType: 'text/markdown', metadata: { stage: 'draft' } })
  assert.deepEqual(stored.sealed, { recipients: 2, unreachable: [] })
  assert.equal(stored.mediaType, 'application/vnd.age')
  assert.deepEqual(
    [stored.metadata['sealed-for'], stored.metadata['sealed-epoch'], stored.metadata['sealed-type'], stored.metadata['stage']],
    ['role:backend', '1', 'text/markdown', 'draft'],
  )
  await replicate(ada, bob)
  await replicate(ada, cy)
  for (const reader of [ada, bob]) {
    const read = await reader.get(plan)
    assert.deepEqual([read.isSealed, read.size, read.mediaType, read.cid], [true, canary.length, 'text/markdown', stored.cid])
    assert.equal(await textOf(read), canary)
  }
  const fault = await faultOf(cy.get(plan))
  assert.deepEqual(
    [fault.code, fault.kind, fault.data['for'], fault.data['isKeyLost']],
    ['CONTEXT_SEALED', 'denied', ['role:backend'], false],
  )
})

test('S28: what is sealed reaches no table, no block and no search of writer or reader, and is not found by its words', async (t) => {
  const { ada, bob } = await openVillage(t)
  const stored = await ada.put(plan, canary, { sealFor: ['role:backend'], mediaType: 'text/plain' })
  await replicate(ada, bob)
  assert.equal(await bob.read(plan), canary)
  for (const stand of [ada, bob]) {
    assert.equal(isInDatabase(stand.database, canary), false)
    assert.equal(isInDatabase(stand.database, 'role:backend'), true)
    assert.equal(stand.context.query({ pattern: parseAddress(plan), text: canary, limit: 10 }).items.length, 0)
    const kept = await Array.fromAsync(stand.content.read(stored.cid ?? assert.fail(), { signal }))
    assert.equal(Buffer.concat(kept).includes(canary), false)
    assert.equal(Buffer.concat(kept).subarray(0, 21).toString(), 'age-encryption.org/v1')
  }
})

test('a part of sealed content is the same part of what is inside, also past the chunks of the cipher', async (t) => {
  const { ada } = await openVillage(t)
  const text = Array.from({ length: 30_000 }, (_, line) => `line ${line}\n`).join('')
  await ada.put(plan, text, { sealFor: ['@ada'] })
  const read = await ada.get(plan)
  assert.equal(read.size, text.length)
  for (const [start, end] of [
    [0, 1],
    [65_535, 65_537],
    [131_072, 200_000],
    [text.length - 3, text.length],
    [7, 7],
  ] as const) {
    const parts = await Array.fromAsync(read.open({ start, end }))
    assert.equal(Buffer.concat(parts).toString(), text.slice(start, end), `${start}–${end}`)
  }
})

test('content of no bytes is sealed and opened as well', async (t) => {
  const { ada } = await openVillage(t)
  await ada.put(plan, '', { sealFor: ['@bob'] })
  const read = await ada.get(plan)
  assert.deepEqual([read.size, await textOf(read)], [0, ''])
})

test('nodes without a key are named as not reached; a role nobody holds and nobody at all are refused', async (t) => {
  const { ada, names } = await openVillage(t)
  const eve = await useStand(t, 'eve', { names: names.enroll('eve', ['backend']), agents: [] })
  assert.deepEqual((await ada.put(plan, 'x', { sealFor: ['role:backend', '@cy'] })).sealed, { recipients: 3, unreachable: [eve.node] })
  for (const target of ['role:devops', 'role:', '@nobody', 'backend', 'role:../x']) {
    const fault = await faultOf(ada.put(plan, 'x', { sealFor: [target] }))
    assert.deepEqual([fault.code, fault.data['target']], ['SEAL_FOR_NOBODY', target])
  }
})

test('S5: a key counts only from the journal of its own node, of an owner who is a member, in its one form', async (t) => {
  const { ada, bob, names } = await openVillage(t)
  const stranger = await useStand(t, 'stranger', { names, agents: [] })
  const [key] = await stranger.sealKeys.list()
  assert.equal(key, undefined)
  await stranger.context.rekey()
  await replicate(stranger, ada)
  // bob's journal says other things of the same kind
  for (const body of [
    { v: 2, epoch: 9, recipient: (await stranger.sealKeys.list())[0]?.recipient },
    { v: 1, epoch: 0, recipient: (await stranger.sealKeys.list())[0]?.recipient },
    { v: 1, epoch: 9, recipient: 'age1notakey' },
    { v: 1, epoch: 9, recipient: (await stranger.sealKeys.list())[0]?.recipient, node: ada.node },
  ])
    await bob.journal.append('seal-key', body)
  await replicate(bob, ada)
  const stored = await ada.put(plan, canary, { sealFor: ['role:backend'] })
  assert.deepEqual(stored.sealed, { recipients: 2, unreachable: [] })
  await replicate(ada, bob)
  await replicate(ada, stranger)
  assert.equal(await bob.read(plan), canary)
  assert.equal((await faultOf(stranger.get(plan))).code, 'CONTEXT_SEALED')
})

test('S5: a key that cannot be one stops nobody else: its node is named as not reached', async (t) => {
  const { ada, bob } = await openVillage(t)
  // of the right letters, with a checksum that does not hold
  await bob.journal.append('seal-key', { v: 1, epoch: 7, recipient: `age1${'q'.repeat(58)}` })
  await replicate(bob, ada)
  assert.deepEqual((await ada.put(plan, canary, { sealFor: ['role:backend'] })).sealed, { recipients: 1, unreachable: [bob.node] })
  assert.deepEqual((await ada.context.reseal(parseAddress(plan), { signal })).resealed, [])
})

test('S10: after a revocation the next seal, and a re-sealing of what stood, leave the revoked out; history stays as it was', async (t) => {
  const { ada, bob, cy, names } = await openVillage(t)
  await ada.put(plan, canary, { sealFor: ['role:backend', '@cy'], metadata: { stage: 'draft' } })
  assert.equal(ada.context.status().seals.outdated, 0)
  names.revoke('bob', { incarnation: 1, seq: 2 })
  assert.equal(ada.context.status().seals.outdated, 1)
  const { resealed, current, failed } = await ada.context.reseal(undefined, { signal })
  assert.deepEqual([resealed.map(({ version, recipients }) => [version, recipients]), current, failed], [[[2, 2]], 0, []])
  await replicate(ada, bob)
  await replicate(ada, cy)
  const newest = await ada.get(plan)
  assert.deepEqual(
    [newest.metadata['sealed-epoch'], newest.metadata['stage'], newest.metadata['sealed-for']],
    ['2', 'draft', 'role:backend @cy'],
  )
  assert.equal(await cy.read(plan), canary)
  assert.equal((await faultOf(bob.get(plan))).code, 'CONTEXT_SEALED')
  assert.equal(await bob.read(plan.replace('*^', '*~1')), canary)
  assert.deepEqual(await ada.context.reseal(undefined, { signal }), { resealed: [], current: 1, failed: [] })
  assert.equal(ada.context.status().seals.outdated, 0)
})

test('a node seals to the newest key of a node, and opens by older ones what was sealed to them', async (t) => {
  const { ada, bob } = await openVillage(t)
  await ada.put(plan, 'to the first', { sealFor: ['@bob'] })
  assert.equal((await bob.context.rekey()).epoch, 2)
  await replicate(bob, ada)
  assert.equal(ada.context.status().seals.outdated, 1)
  await ada.put(plan, 'to the second', { sealFor: ['@bob'] })
  await replicate(ada, bob)
  assert.equal(await bob.read(plan), 'to the second')
  assert.equal(await bob.read(plan.replace('*^', '*~1')), 'to the first')
  // said again by a journal that was set back
  await bob.journal.append('seal-key', { v: 1, epoch: 1, recipient: (await bob.sealKeys.list())[0]?.recipient })
  await replicate(bob, ada)
  assert.equal(ada.context.status().seals.outdated, 0)
  const [first] = (await bob.get(plan)).metadata['sealed-to']?.split(' ').filter((mark) => mark.endsWith(':2')) ?? []
  assert.equal(first, `${bob.node.slice(-10)}:2`)
})

test('marks of a seal are written by nobody but who seals', async (t) => {
  const { ada } = await openVillage(t)
  const fault = await faultOf(ada.put(plan, 'x', { metadata: { 'sealed-for': 'role:backend' } }))
  assert.deepEqual([fault.code, fault.kind], ['METADATA_INVALID', 'usage'])
})

test('sealed content that was changed, cut short or never sealed is refused when it is opened, and content of age without marks is given as it is', async (t) => {
  const { ada } = await openVillage(t)
  const sealed = await ada.put(plan, canary, { sealFor: ['@ada'] })
  const kept = Buffer.concat(await Array.fromAsync(ada.content.read(sealed.cid ?? assert.fail(), { signal })))
  const plain = plan.replace('plan.md', 'file.age')
  await ada.put(plain, kept.toString('latin1'), { mediaType: 'application/vnd.age', body: [kept] })
  assert.equal((await ada.get(plain)).isSealed, false)
  const broken = Buffer.from(kept)
  broken[kept.byteLength - 1] = (broken[kept.byteLength - 1] ?? 0) ^ 1
  for (const bytes of [broken, kept.subarray(0, -1), kept.subarray(0, 30), encodeText('never sealed'), new Uint8Array(200_000)]) {
    const { cid, size } = await ada.content.add([bytes], { signal })
    // as a writer that lies would say it
    await lie(ada, { cid, size, metadata: sealed.metadata })
    const fault = await faultOf(ada.read(plan))
    assert.equal(fault.code, 'SEAL_DAMAGED', `${bytes.byteLength} bytes`)
  }
})

test('what does not say for whom it is stays sealed as the version before it; to everyone it is let out by a word of its own', async (t) => {
  const { ada, cy } = await openVillage(t)
  await ada.put(plan, 'one', { sealFor: ['role:backend'] })
  const second = await ada.put(plan, 'two')
  assert.deepEqual([second.sealed, second.metadata['sealed-for']], [{ recipients: 2, unreachable: [] }, 'role:backend'])
  await replicate(ada, cy)
  assert.equal((await faultOf(cy.get(plan))).code, 'CONTEXT_SEALED')
  const third = await ada.put(plan, 'three', { sealFor: ['everyone'] })
  assert.deepEqual([third.sealed, third.mediaType], [undefined, 'text/plain'])
  await replicate(ada, cy)
  assert.equal(await cy.read(plan), 'three')
  assert.equal((await faultOf(ada.put(plan, 'x', { sealFor: ['everyone', '@bob'] }))).code, 'SEAL_FOR_NOBODY')
  assert.equal((await ada.put(plan, 'four')).sealed, undefined)
})

test('a put that does not say for whom it is stays sealed past a deletion, also where no kept version is sealed any more', async (t) => {
  for (const keepVersions of [0, 1]) {
    const { ada } = await openVillage(t, { options: { keepVersions } })
    await ada.put(plan, 'one', { sealFor: ['role:backend'] })
    await ada.context.delete(parseAddress(plan), { signal })
    const again = await ada.put(plan, 'two')
    assert.deepEqual([again.version, again.metadata['sealed-for']], [3, 'role:backend'])
  }
})

test('what comes in while somebody seals its resource is not written in the clear, and what was sealed for others not for these', async (t) => {
  const { ada } = await openVillage(t)
  for (const before of [undefined, ['@cy']]) {
    if (before !== undefined) await ada.put(plan, 'for cy', { sealFor: before })
    const [begun, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    async function* slow(): AsyncGenerator<Uint8Array> {
      begun.resolve()
      yield encodeText('forgot ')
      await rest.promise
      yield encodeText('to say')
    }
    const putting = faultOf(ada.put(plan, '', { body: slow() }))
    await begun.promise
    const sealed = await ada.put(plan, 'a secret', { sealFor: ['role:backend'] })
    rest.resolve()
    const fault = await putting
    assert.deepEqual([fault.code, fault.data['version'], fault.data['cid']], ['CONDITION_FAILED', sealed.version, sealed.cid])
    assert.equal((await ada.get(plan)).version, sealed.version)
  }
})

test('metadata that leaves no room for the marks of a seal is refused before a byte is read, and a re-sealing that finds none says so', async (t) => {
  const { ada, cy } = await openVillage(t)
  const named = Object.fromEntries(Array.from({ length: 61 }, (_, index) => [`name-${index}`, 'x']))
  const unread = { [Symbol.asyncIterator]: () => assert.fail('the body was read') }
  const fault = await faultOf(ada.put(plan, '', { body: unread, metadata: named, sealFor: ['role:backend'] }))
  assert.deepEqual([fault.code, fault.kind], ['METADATA_INVALID', 'usage'])
  assert.match(fault.message, /61 names/)
  // full, but for what one recipient more takes
  const full = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`name-${index}`, 'x'.repeat(index === 7 ? 3_904 : 4_080)]))
  const stored = await ada.put(plan, canary, { metadata: full, sealFor: ['role:backend', '@cy'] })
  const left = 32_768 - Object.entries(stored.metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  assert.ok(left >= 0 && left < 4_096, `${left} characters are left`)
  const fuller = { ...full, rest: 'x'.repeat(left - 'rest'.length) }
  await ada.put(plan, canary, { metadata: fuller, sealFor: ['role:backend', '@cy'] })
  // a longer epoch of one key is one character more
  for (let epoch = 2; epoch <= 10; epoch += 1) await cy.context.rekey()
  await replicate(cy, ada)
  const { resealed, failed } = await ada.context.reseal(undefined, { signal })
  assert.deepEqual([resealed, failed.length], [[], 1])
  assert.match(failed[0]?.reason ?? '', /leave some out/)
})

test('a node that lost its keys says so where it cannot open something, and says a new key behind the lost one', async () => {
  const names = new Names().grant('ada', 'ada').enroll('ada', [])
  await using database = openDatabase({ path: ':memory:' })
  const blobs = createMemoryBlobStore({ clock: createVirtualClock({ startsAt }) }, { maxDiskBytes: 0 })
  const ada = await openStand('ada', { names, database, blobs })
  await ada.put(plan, canary, { sealFor: ['@ada'] })
  await ada[Symbol.asyncDispose]()
  await using again = await openStand('ada', { names, database, blobs })
  const fault = await faultOf(again.get(plan))
  assert.deepEqual([fault.code, fault.data['isKeyLost']], ['CONTEXT_SEALED', true])
  await again.put(plan, 'anew', { sealFor: ['@ada'] })
  assert.equal(again.context.status().seals.epoch, 2)
  assert.equal(await again.read(plan), 'anew')
})
