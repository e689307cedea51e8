import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import { openBody } from './bodies.ts'
import { createContextHandlers } from './handlers.ts'
import type { Stand } from './testing/stand.ts'
import { useStand } from './testing/stand.ts'

const address = 'ucxl://ada:dev@shop:cart/*^/state.json'
const call = { hive: undefined, signal: new AbortController().signal, report: () => {} }
const nothing = { meta: [], for: [] } as const

async function answering(t: TestContext): Promise<{
  readonly ada: Stand
  readonly handlers: ReturnType<typeof createContextHandlers>
  readonly folder: string
}> {
  const ada = await useStand(t, 'ada')
  const handlers = createContextHandlers({
    clock: ada.clock,
    chance: createSeededChance(1),
    isTransient: false,
    findContext: () => ada.context,
  })
  const folder = await mkdtemp(join(tmpdir(), 'althing-context-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return { ada, handlers, folder }
}

test('a text or a file is put, with a media type by its name, and read again as it was', async (t) => {
  const { handlers, folder } = await answering(t)
  const put = await handlers['context.put'](
    { ...nothing, address, text: '{"a":1}', meta: ['stage=draft', 'note=a=b'], ifAbsent: true },
    call,
  )
  assert.deepEqual(
    [put.mediaType, put.metadata, put.replicas],
    ['application/json', { note: 'a=b', stage: 'draft' }, { wanted: 3, confirmed: 1 }],
  )
  const read = await handlers['context.get']({ address }, call)
  assert.deepEqual([read.content, read.encoding, read.out], ['{"a":1}', 'utf-8', null])
  const [file, out] = [join(folder, 'in'), join(folder, 'out')]
  await writeFile(file, Uint8Array.of(0xff, 0x00, 0xef, 0xbb, 0xbf))
  await handlers['context.put']({ ...nothing, address, file, ifAbsent: false }, call)
  const binary = await handlers['context.get']({ address }, call)
  assert.deepEqual([binary.content, binary.encoding], ['/wDvu78=', 'base64'])
  const kept = await handlers['context.get']({ address, at: '~~1', out }, call)
  assert.deepEqual([kept.content, kept.out, await readFile(out, 'utf8')], [null, out, '{"a":1}'])
  assert.deepEqual((await readdir(folder)).toSorted(), ['in', 'out'])
})

test('a file says its length before it is read, and a text under a name without an ending is text', async (t) => {
  const { handlers, folder } = await answering(t)
  const file = join(folder, 'in')
  await writeFile(file, 'hello')
  await using body = await openBody({ file })
  assert.deepEqual([body.size, (await openBody({ text: 'hello' })).size], [5, undefined])
  const state = 'ucxl://ada:dev@shop:cart/*^/state'
  const types = [
    await handlers['context.put']({ ...nothing, address: state, file, ifAbsent: false }, call),
    await handlers['context.put']({ ...nothing, address: state, text: 'done', ifAbsent: false }, call),
  ].map(({ mediaType }) => mediaType)
  assert.deepEqual(types, ['application/octet-stream', 'text/plain'])
})

test('a text that begins with a byte order mark is read with it', async (t) => {
  const { handlers } = await answering(t)
  await handlers['context.put']({ ...nothing, address, text: '\ufeffx', ifAbsent: false }, call)
  const { content, encoding } = await handlers['context.get']({ address }, call)
  assert.equal(Buffer.from(content ?? '', encoding === 'base64' ? 'base64' : 'utf8').toString(), '\ufeffx')
})

test('what exists is not posted over; what is deleted is posted anew', async (t) => {
  const { handlers } = await answering(t)
  const post = { ...nothing, address, text: 'one' }
  assert.equal((await handlers['context.post'](post, call)).status, 'created')
  await assert.rejects(handlers['context.post'](post, call), { code: 'RESOURCE_EXISTS', kind: 'conflict' })
  await handlers['context.delete']({ address }, call)
  assert.equal((await handlers['context.post'](post, call)).version, 3)
})

test('what cannot be read, written or understood is said, and nothing is stored', async (t) => {
  const { ada, handlers, folder } = await answering(t)
  const put = (input: object): Promise<unknown> => handlers['context.put']({ ...nothing, address, ifAbsent: false, ...input }, call)
  await assert.rejects(put({ file: folder }), { code: 'FILE_UNREADABLE' })
  await assert.rejects(put({ file: join(folder, 'none') }), { code: 'FILE_UNREADABLE' })
  await assert.rejects(put({}), { code: 'FILE_UNREADABLE' })
  await assert.rejects(put({ file: folder, text: 'x' }), { code: 'FILE_UNREADABLE' })
  for (const meta of [['x'], ['=x'], ['a=1', 'a=2'], ['A=1'], ['__proto__=1']])
    await assert.rejects(put({ text: 'x', meta }), { code: 'METADATA_INVALID' })
  await assert.rejects(put({ text: 'x', ifMatch: 'bafy' }), { code: 'CONDITION_FAILED' })
  await assert.rejects(put({ text: 'x', address: 'ucxl://ada:dev@shop' }), {
    code: 'UCXL_INVALID',
    data: { field: 'task', provided: 'ucxl://ada:dev@shop', offset: 19, expected: '":" and the task' },
  })
  assert.equal(ada.context.status().versions, 0)
  await put({ text: 'x' })
  await assert.rejects(handlers['context.get']({ address, out: join(folder, 'no/where') }, call), { code: 'FILE_UNWRITABLE' })
  await assert.rejects(handlers['context.get']({ address, at: '~~x' }, call), { code: 'UCXL_INVALID' })
  await assert.rejects(handlers['context.query']({ pattern: address, meta: [], since: 'yesterday', limit: 1 }, call), {
    code: 'UCXL_INVALID',
  })
})

test('a watch answers with what came together, or with nothing once the wait is over', async (t) => {
  const { ada, handlers } = await answering(t)
  const watching = handlers['context.watch']({ pattern: address, wait: 60 }, call)
  await Promise.all([ada.put(address, 'one'), ada.put(address, 'two')])
  const { items, after } = await watching
  assert.deepEqual([items[0]?.event, items[0]?.version, after === items.at(-1)?.id], ['stored', 1, true])
  // both may have come together, or the first alone
  const place = (items[0]?.id ?? 0) + 1
  const quiet = handlers['context.watch']({ pattern: address, wait: 5, after: place }, call)
  await ada.clock.advance(5_000)
  assert.deepEqual(await quiet, { items: [], after: place })
})

test('a watch that was answered leaves no timer behind', async (t) => {
  const { ada, handlers } = await answering(t)
  await ada.put(address, 'one')
  const pending = ada.clock.pending()
  const watching = handlers['context.watch']({ pattern: address, wait: 600 }, call)
  await ada.put(address, 'two')
  assert.equal((await watching).items.length, 1)
  assert.equal(ada.clock.pending(), pending)
})

test('a watch that heard nothing says where to go on: what is written between two of them is told by the second', async (t) => {
  const { ada, handlers } = await answering(t)
  const quiet = handlers['context.watch']({ pattern: address, wait: 1 }, call)
  await ada.put('ucxl://ada:dev@shop:cart/*^/other.md', 'not meant')
  await ada.clock.advance(1_000)
  const first = await quiet
  assert.deepEqual(first.items, [])
  await ada.put(address, 'between')
  const { items, after } = await handlers['context.watch']({ pattern: address, wait: 0, after: first.after }, call)
  assert.deepEqual([items.map(({ version }) => version), after], [[1], first.after + 1])
})

test('what means one resource has no wildcard and one time', async (t) => {
  const { ada, handlers } = await answering(t)
  await ada.put(address, 'one')
  const any = 'ucxl://any:dev@shop:cart/*^/state.json'
  const refusal = { code: 'UCXL_INVALID', kind: 'usage', message: /at character 7 the agent cannot be read: expected a name; "any" stands/ }
  await assert.rejects(handlers['context.get']({ address: any }, call), refusal)
  await assert.rejects(handlers['context.versions']({ address: any, limit: 1 }, call), refusal)
  await assert.rejects(handlers['context.navigate']({ address: any, temporal: '~~1' }, call), refusal)
  const past = 'ucxl://ada:dev@shop:cart/*~1/state.json'
  await assert.rejects(handlers['context.get']({ address: past, at: '*~1' }, call), { code: 'UCXL_INVALID', message: /one of the two$/ })
  assert.equal((await handlers['context.get']({ address, at: '*~1' }, call)).content, 'one')
  await assert.rejects(handlers['context.query']({ pattern: any, meta: [], since: 'yesterday', limit: 1 }, call), {
    message: /expected a digit, as in 2026-01-31T09:30:00Z$/,
  })
  await assert.rejects(handlers['context.put']({ ...nothing, address: past, text: 'x', ifAbsent: false }, call), {
    code: 'ADDRESS_NOT_CONCRETE',
    kind: 'usage',
  })
  await assert.rejects(handlers['context.put']({ ...nothing, address, text: 'x', meta: ['x'], ifAbsent: false }, call), {
    code: 'METADATA_INVALID',
    kind: 'usage',
  })
})
