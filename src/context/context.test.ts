import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange } from '../content/content.ts'
import { nodeOf } from '../journal/testing/bench-of-peers.ts'
import { createSeededChance } from '../lib/chance.ts'
import { Fault } from '../lib/fault.ts'
import { parseAddress, parsePattern } from '../ucxl/ucxl.ts'
import type { Page, Version } from './context.ts'
import { ownerOf, startsAt, useStand } from './testing/stand.ts'

const why = 'ucxl://ada:reviewer@shop:cart-42/*^/notes/why.md'
const { signal } = new AbortController()

/** The code of what a piece of work threw. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.catch((error: unknown) => error)
  assert.ok(outcome instanceof Fault, 'it was done')
  return outcome.code
}

function at(temporal: string): string {
  return why.replace('*^', temporal)
}

test('versions count from 1; each stays what it was, by number, by steps back and by the moment', async (t) => {
  const ada = await useStand(t, 'ada')
  const written = []
  for (const text of ['one', 'two', 'three']) {
    await ada.clock.advance(60_000)
    written.push(await ada.put(why, text))
  }
  assert.deepEqual(
    written.map(({ version, status }) => `${version} ${status}`),
    ['1 created', '2 updated', '3 updated'],
  )
  assert.deepEqual(
    [await ada.read(why), await ada.read(at('*~1')), await ada.read(at('~~1')), await ada.read(at('*~'))],
    ['three', 'one', 'two', 'one'],
  )
  const moment = new Date(startsAt + 150_000).toISOString()
  assert.equal(await ada.read(at(moment)), 'two')
  assert.equal(await codeOf(ada.get(at(new Date(startsAt).toISOString()))), 'RESOURCE_MISSING')
  for (const beyond of ['*~4', '^^1', '~~3']) assert.equal(await codeOf(ada.get(at(beyond))), 'TEMPORAL_OUT_OF_BOUNDS')
  const read = await ada.get(why)
  assert.deepEqual([read.first, read.last, read.writer, read.owner], [1, 3, ada.node, ownerOf('ada')])
  assert.equal(read.knownUntil, ada.clock.now())
})

test('the same again changes nothing; other metadata is another version', async (t) => {
  const ada = await useStand(t, 'ada')
  const first = await ada.put(why, 'one', { metadata: { stage: 'draft', b: '2' } })
  const again = await ada.put(why, 'one', { metadata: { b: '2', stage: 'draft' } })
  assert.deepEqual([again.status, again.version, again.entry], ['unchanged', 1, first.entry])
  assert.equal((await ada.put(why, 'one', { metadata: { stage: 'final' } })).version, 2)
})

test('a deletion is a version: the newest is missing, earlier ones are read, and a later put revives it', async (t) => {
  const ada = await useStand(t, 'ada')
  const address = parseAddress(why)
  assert.equal(await codeOf(ada.context.delete(address, { signal })), 'RESOURCE_MISSING')
  await ada.put(why, 'one')
  const deleted = await ada.context.delete(address, { signal })
  assert.deepEqual([deleted.status, deleted.version, deleted.cid], ['deleted', 2, null])
  assert.equal(await codeOf(ada.get(why)), 'RESOURCE_DELETED')
  assert.equal(await codeOf(ada.context.delete(address, { signal })), 'RESOURCE_DELETED')
  assert.equal(await ada.read(at('~~1')), 'one')
  assert.deepEqual(ada.context.discover(parsePattern('ucxl://any:any@any:any'), { limit: 10 }).items, [])
  assert.deepEqual([(await ada.put(why, 'one', { condition: { is: 'absent' } })).status, await ada.read(why)], ['created', 'one'])
})

test('a condition that does not hold leaves everything as it was', async (t) => {
  const ada = await useStand(t, 'ada')
  const { cid } = await ada.put(why, 'one')
  assert.ok(cid !== null)
  await assert.rejects(ada.put(why, 'two', { condition: { is: 'absent' } }), { code: 'CONDITION_FAILED', message: /exists already/ })
  assert.equal((await ada.put(why, 'two', { condition: { is: 'content', cid } })).version, 2)
  assert.equal(await codeOf(ada.put(why, 'three', { condition: { is: 'content', cid } })), 'CONDITION_FAILED')
  assert.equal(await ada.read(why), 'two')
})

test('many writes to one resource at once get a number each, without gaps', async (t) => {
  const ada = await useStand(t, 'ada')
  const written = await Promise.all(Array.from({ length: 40 }, async (_, index) => ada.put(why, `text ${index}`)))
  assert.deepEqual(
    written.map(({ version }) => version).toSorted((a, b) => a - b),
    Array.from({ length: 40 }, (_, index) => index + 1),
  )
  for (const { version, cid } of written) assert.equal((await ada.get(at(`*~${version}`))).cid, cid)
})

test('a body past the bound is refused, and leaves nothing', async (t) => {
  const ada = await useStand(t, 'ada', { options: { maxBodyBytes: 10 } })
  assert.equal(await codeOf(ada.put(why, 'x'.repeat(11))), 'CONTEXT_TOO_LARGE')
  assert.equal(ada.context.status().resources, 0)
  assert.equal((await ada.put(why, 'x'.repeat(10))).size, 10)
})

test('a body that is known to be past the bound is refused before a byte is read', async (t) => {
  const ada = await useStand(t, 'ada', { options: { maxBodyBytes: 10 } })
  const body = { [Symbol.asyncIterator]: () => assert.fail('the body was read') }
  const request = { address: parsePattern(why), body, size: 11, mediaType: 'text/plain', metadata: {} }
  assert.equal(await codeOf(ada.context.put(request, { signal })), 'CONTEXT_TOO_LARGE')
})

test('what is no concrete address, media type or metadata is refused before a byte is read', async (t) => {
  const ada = await useStand(t, 'ada')
  const unread = { [Symbol.asyncIterator]: () => assert.fail('the body was read') }
  for (const address of ['ucxl://any:a@b:c/*^/x', 'ucxl://ada:a@b:c/*~1/x', 'ucxl://ada:a@b:c/2026-01-31T09:30:00Z/x'])
    assert.equal(
      await codeOf(ada.context.put({ address: parsePattern(address), body: unread, mediaType: 'text/plain', metadata: {} }, { signal })),
      'ADDRESS_NOT_CONCRETE',
    )
  for (const mediaType of ['', 'text', 'text/plain\r\nx: y', `text/${'x'.repeat(300)}`])
    assert.equal(await codeOf(ada.put(why, '', { body: unread, mediaType })), 'METADATA_INVALID')
  for (const metadata of [{ 'Not a name': 'x' }, { name: 'two\nlines' }, { name: '\ud800' }, { name: 'x'.repeat(5_000) }])
    assert.equal(await codeOf(ada.put(why, '', { body: unread, metadata })), 'METADATA_INVALID')
})

test('retention keeps the newest so many, moves the first, lets content go, and never the newest', async (t) => {
  const ada = await useStand(t, 'ada', { options: { keepVersions: 2 } })
  for (const text of ['one', 'two', 'three', 'four']) await ada.put(why, text)
  const read = await ada.get(why)
  assert.deepEqual([read.first, read.last], [3, 4])
  assert.equal(await codeOf(ada.get(at('*~2'))), 'TEMPORAL_OUT_OF_BOUNDS')
  assert.equal(ada.database.all("select 1 from reference where reason = 'entry'").length, 2)
  assert.deepEqual([await ada.read(at('*~')), await ada.read(at('~~1'))], ['three', 'three'])
})

test('retention by age lets go at the next write, and keeps what is young', async (t) => {
  const ada = await useStand(t, 'ada', { options: { keepMs: 100_000 } })
  for (const text of ['one', 'two', 'three']) {
    await ada.put(why, text)
    await ada.clock.advance(60_000)
  }
  assert.equal((await ada.get(why)).first, 1)
  await ada.clock.advance(1_000_000)
  assert.equal(await ada.read(why), 'three')
  assert.equal((await ada.put(why, 'four')).version, 4)
  assert.equal((await ada.get(why)).first, 2)
  assert.equal((await ada.put(why, 'five')).version, 5)
  assert.equal((await ada.get(why)).first, 4)
})

test('sessions stand where they were left, apart from each other; a step out of bounds is remembered and moves nothing', async (t) => {
  const ada = await useStand(t, 'ada')
  for (const text of ['one', 'two', 'three', 'four']) await ada.put(why, text)
  const address = parseAddress(why)
  const back = ada.context.navigate(address, { kind: 'backward', steps: 2 })
  const other = ada.context.navigate(address, { kind: 'specific', version: 1 })
  assert.deepEqual([back.version.version, other.version.version], [2, 1])
  assert.notEqual(back.session, other.session)
  assert.throws(() => ada.context.navigate(address, { kind: 'forward', steps: 9 }, back.session), { code: 'TEMPORAL_OUT_OF_BOUNDS' })
  assert.equal((await ada.get(at('^^1'), back.session)).version, 3)
  const on = ada.context.navigate(address, { kind: 'forward', steps: 1 }, back.session)
  assert.deepEqual(
    on.steps.map(({ operation, to, succeeded }) => `${operation} ${to} ${succeeded}`),
    ['~~2 2 true', '^^9 2 false', '^^1 3 true'],
  )
})

test('a session ends with its age, gives way to newer ones, and is none of another resource', async (t) => {
  const ada = await useStand(t, 'ada')
  await ada.put(why, 'one')
  await ada.put('ucxl://ada:a@b:c/*^/other', 'x')
  const address = parseAddress(why)
  const begin = (): string => ada.context.navigate(address, { kind: 'latest' }).session
  const first = begin()
  assert.equal(await codeOf(ada.get('ucxl://ada:a@b:c/*^/other', first)), 'SESSION_UNKNOWN')
  const others = [begin(), begin(), begin()]
  assert.equal(await codeOf(ada.get(why, first)), 'SESSION_UNKNOWN')
  assert.equal(ada.context.status().sessions, 3)
  await ada.clock.advance(60_001)
  assert.equal(await codeOf(ada.get(why, others[2])), 'SESSION_UNKNOWN')
  assert.equal(ada.context.status().sessions, 0)
})

test('discover and query find by pattern, words, metadata and age', async (t) => {
  const ada = await useStand(t, 'ada')
  await ada.put('ucxl://ada:dev@shop:cart/*^/docs/plan.md', 'retry with a budget', { metadata: { stage: 'draft' } })
  await ada.put('ucxl://ada:dev@shop:cart/*^/docs2/plan.md', 'nothing', { metadata: { topic: 'Budget' } })
  await ada.clock.advance(10_000)
  await ada.put('ucxl://ada:reviewer@shop:pay/*^/docs/budget', 'Naïveté', {})
  const found = (query: Parameters<typeof ada.context.query>[0]): readonly string[] =>
    ada.context.query(query).items.map(({ resource }) => resource.slice('ucxl://ada:'.length))
  const pattern = parsePattern('ucxl://any:any@shop:any')
  const [plan, other, note] = ['dev@shop:cart/docs/plan.md', 'dev@shop:cart/docs2/plan.md', 'reviewer@shop:pay/docs/budget']
  assert.deepEqual(found({ pattern, limit: 9 }), [plan, other, note])
  assert.deepEqual(found({ pattern: parsePattern('ucxl://any:any@shop:any/*~/docs'), limit: 9 }), [plan, note])
  assert.deepEqual(found({ pattern: parsePattern('ucxl://any:reviewer@any:any'), limit: 9 }), [note])
  assert.deepEqual(found({ pattern, text: 'budget', limit: 9 }), [plan, other, note])
  assert.deepEqual(found({ pattern, text: 'RETRY plan', limit: 9 }), [plan])
  assert.deepEqual(found({ pattern, text: 'naivete', limit: 9 }), [note])
  assert.deepEqual(found({ pattern, metadata: { stage: 'draft' }, limit: 9 }), [plan])
  assert.deepEqual(found({ pattern, since: startsAt + 5_000, limit: 9 }), [note])
  assert.deepEqual(found({ pattern, text: '" OR docs* NEAR(', limit: 9 }), [])
})

test('pages neither lose nor repeat anything while others write', async (t) => {
  const ada = await useStand(t, 'ada')
  for (const name of ['b', 'd', 'f', 'h']) await ada.put(`ucxl://ada:a@b:c/*^/${name}`, name)
  const pattern = parsePattern('ucxl://ada:a@b:c')
  const first = ada.context.discover(pattern, { limit: 2 })
  for (const name of ['a', 'c', 'e']) await ada.put(`ucxl://ada:a@b:c/*^/${name}`, name)
  const rest = ada.context.discover(pattern, { limit: 9, cursor: first.cursor })
  assert.deepEqual(
    [...first.items, ...rest.items].map(({ newest }) => newest.resource.at(-1)),
    ['b', 'd', 'e', 'f', 'h'],
  )
  assert.equal(rest.cursor, undefined)
  for (const text of ['one', 'two', 'three']) await ada.put(why, text)
  const seen: number[] = []
  let page: Page<Version> = ada.context.versions(parseAddress(why), { limit: 1 })
  for (;;) {
    seen.push(...page.items.map(({ version }) => version))
    if (page.cursor === undefined) break
    await ada.put(why, `more ${seen.length}`)
    page = ada.context.versions(parseAddress(why), { limit: 1, cursor: page.cursor })
  }
  assert.deepEqual(seen, [3, 2, 1])
  assert.throws(() => ada.context.discover(pattern, { limit: 1, cursor: "' or 1=1" }), { code: 'CURSOR_INVALID' })
})

test('a watcher hears what its pattern means after the commit, may come back, and is told when it is too late', async (t) => {
  const ada = await useStand(t, 'ada')
  const stop = new AbortController()
  const heard: string[] = []
  const ids: number[] = []
  const watching = (async () => {
    for await (const { id, event, version } of ada.context.watch(parsePattern('ucxl://any:any@shop:any'), { signal: stop.signal })) {
      ids.push(id)
      heard.push(`${event} ${version.version}`)
      if (heard.length === 2) stop.abort()
    }
  })()
  await ada.put('ucxl://ada:a@other:c/*^/x', 'not meant')
  await ada.put(why, 'one')
  await ada.context.delete(parseAddress(why), { signal })
  await watching
  assert.deepEqual(heard, ['stored 1', 'deleted 2'])
  const [first = 0, second = 0] = ids
  assert.equal(second, first + 1)
  const again = ada.context.watch(parsePattern(why), { signal, after: first })[Symbol.asyncIterator]()
  assert.equal((await again.next()).value?.id, second)
  await again.return?.()
  for (let count = 0; count < 10; count += 1) await ada.put(why, `more ${count}`)
  for (const after of [first, first + 97]) {
    const late = ada.context.watch(parsePattern(why), { signal, after })[Symbol.asyncIterator]()
    assert.equal(await codeOf(late.next()), 'WATCH_LAGGED')
  }
})

test('a watcher that goes on from a place of an earlier run is told that it missed something, however much happened since', async (t) => {
  const place = { after: 0 }
  for (const seed of [1, 2]) {
    const ada = await useStand(t, 'ada', { chance: createSeededChance(seed) })
    for (let count = 0; count < 5; count += 1) await ada.put(why, `text ${count}`)
    if (seed === 1) place.after = (await ada.context.nextEvents(parsePattern(why), { signal: AbortSignal.abort() })).after - 2
    else assert.equal(await codeOf(ada.context.nextEvents(parsePattern(why), { signal, ...place })), 'WATCH_LAGGED')
  }
})

test('a put says how many members signed for its content, asks no more than are there, and stays stored whatever they say', async (t) => {
  const asked: number[] = []
  const peers = [nodeOf('bob')]
  const exchange: Exchange = {
    fetch: async () => assert.fail('all of it is here'),
    findHolders: async () => [],
    announce: async () => {},
    replicate: async (_cid, { copies }) => {
      asked.push(copies)
      if (asked.length > 1) throw new Error('the line is cut')
      return peers
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const ada = await useStand(t, 'ada', { exchange, peers })
  assert.deepEqual((await ada.put(why, 'one')).replicas, { wanted: 3, confirmed: 2 })
  assert.deepEqual((await ada.put(why, 'two')).replicas, { wanted: 3, confirmed: 1 })
  assert.deepEqual((await ada.put(why, 'three', { replicas: 1 })).replicas, { wanted: 1, confirmed: 1 })
  assert.deepEqual(asked, [1, 1])
  assert.equal(await ada.read(why), 'three')
})
