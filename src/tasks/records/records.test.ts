import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf, openPeer, testHive } from '../../journal/testing/bench-of-peers.ts'
import type { TestPeer } from '../../journal/testing/bench-of-peers.ts'
import { parseProjectId } from '../task.ts'
import { createRecordForge } from './record-forge.ts'
import type { RecordForge } from './record-forge.ts'
import { createWorkView } from './work-view.ts'
import { formatPullRecord, formatTaskRecord, parsePullRecord, parseTaskRecord } from './work-record.ts'
import type { PullRecord, TaskRecord } from './work-record.ts'

const project = parseProjectId('file:/srv/git/shop') ?? assert.fail()
const { signal } = new AbortController()
const draft = { head: 'althing/t-1', base: 'main', title: 'Keep it', body: 'a\nb' }

async function openForge(name: string): Promise<TestPeer & { readonly forge: RecordForge }> {
  const peer = await openPeer(name, { views: [createWorkView()] })
  return { ...peer, forge: createRecordForge({ reader: peer.database, journal: peer.journal, hive: testHive }, project) }
}

/** Gives `to` all that `from` wrote, in the order that `turn` makes of it. */
async function tell(from: TestPeer, to: TestPeer): Promise<void> {
  const { node } = from.journal
  await to.journal.receive([...from.journal.range(node, 1, 1, 100)], node)
}

test('a task that was added on one machine is on the others, by the same name and with the same text', async () => {
  const [ada, bob] = [await openForge('ada'), await openForge('bob')]
  const added = await ada.forge.add({ title: 'The cart forgets', body: 'It should not.\n\tEver.', labels: ['bzzz-task'] })
  assert.match(added.key, /^t-[0-9a-f]{12}$/)
  await tell(ada, bob)
  assert.deepEqual(await bob.forge.open({ signal }), [added])
  assert.deepEqual(await bob.forge.find(added.key, { signal }), added)
})

test('what two machines change of one task ends the same on both, in whatever order it came', async () => {
  const [ada, bob] = [await openForge('ada'), await openForge('bob')]
  const { key } = await ada.forge.add({ title: 'a', body: '', labels: ['x'] })
  await tell(ada, bob)
  await ada.forge.project(key, { add: ['from-ada'], remove: ['x'] }, { signal })
  await bob.forge.project(key, { add: ['from-bob'], remove: [] }, { signal })
  await bob.forge.project(key, { add: [], remove: [], state: 'closed' }, { signal })
  await tell(ada, bob)
  await tell(bob, ada)
  const [here, there] = [await ada.forge.find(key, { signal }), await bob.forge.find(key, { signal })]
  assert.deepEqual(here, there)
  assert.deepEqual([here?.state, here?.labels], ['closed', ['x', 'from-bob']])
})

test('a projection that changes nothing writes nothing', async () => {
  const ada = await openForge('ada')
  const { key } = await ada.forge.add({ title: 'a', body: '', labels: ['x'] })
  await ada.forge.project(key, { add: ['x'], remove: ['y'] }, { signal })
  assert.equal(ada.journal.heads()[0]?.seq, 1)
})

test('two that were opened before journals met are one to everybody: the same one is found, and who judges it judges both', async () => {
  const [ada, bob] = [await openForge('ada'), await openForge('bob')]
  const opened = [(await ada.forge.openPull(draft, { signal })).id, (await bob.forge.openPull(draft, { signal })).id]
  assert.notEqual(opened[0], opened[1])
  await tell(ada, bob)
  await tell(bob, ada)
  const found = await Promise.all([ada, bob].map(async ({ forge }) => (await forge.findPull(draft, { signal }))?.id))
  assert.equal(found[0], found[1])
  await bob.forge.judgePull(found[0] ?? assert.fail(), { state: 'merged', areChangesRequested: false })
  await tell(bob, ada)
  for (const { forge } of [ada, bob]) {
    assert.equal(await forge.findPull(draft, { signal }), undefined)
    for (const id of opened) assert.equal((await forge.pull(id, { signal })).state, 'merged')
  }
})

test('there is one open pull request for a head and a base, and after it was closed another', async () => {
  const ada = await openForge('ada')
  const first = await ada.forge.openPull(draft, { signal })
  assert.equal(first.wasThere, false)
  assert.deepEqual(await ada.forge.openPull({ ...draft, title: 'again' }, { signal }), { ...first, wasThere: true })
  await ada.forge.judgePull(first.id, { state: 'closed', areChangesRequested: false })
  assert.equal(await ada.forge.findPull(draft, { signal }), undefined)
  assert.equal((await ada.forge.pull(first.id, { signal })).state, 'closed')
  assert.deepEqual(await ada.forge.listMerged(draft, { signal }), [])
  const second = await ada.forge.openPull(draft, { signal })
  assert.equal(second.wasThere, false)
  await ada.forge.judgePull(second.id, { state: 'merged', areChangesRequested: false })
  const merged = async (head: string) => (await ada.forge.listMerged({ ...draft, head }, { signal })).map(({ id }) => id)
  assert.deepEqual([await merged(draft.head), await merged('althing/t-0')], [[second.id], []])
})

test('a wish for changes stands until work is brought to the pull request again, however often it is read', async () => {
  const ada = await openForge('ada')
  const { id } = await ada.forge.openPull(draft, { signal })
  await ada.forge.judgePull(id, { state: 'open', areChangesRequested: true })
  assert.equal((await ada.forge.findPull(draft, { signal }))?.areChangesRequested, true)
  assert.equal((await ada.forge.openPull(draft, { signal })).wasThere, true)
  assert.equal((await ada.forge.findPull(draft, { signal }))?.areChangesRequested, false)
})

test('S5: what is added is what everybody reads: a title on one line, a text of lines, and no sign that a record may not hold', async () => {
  const ada = await openForge('ada')
  const added = await ada.forge.add({ title: ' Fix\tit\u0007 \u001b[31mnow\u001b[0m ', body: 'one\r\n\ttwo\u0000', labels: ['bzzz-task'] })
  assert.deepEqual([added.title, added.body], ['Fix it now', 'one\n\ttwo'])
  assert.deepEqual(await ada.forge.open({ signal }), [added])
})

test('S5: a pull request of an agent stands there whatever it said: colours, half a letter, no title, a text longer in bytes than in letters', async () => {
  const ada = await openForge('ada')
  const told = [
    { title: '', body: '\u001b[1mdone\u001b[0m\r\n' },
    { title: 'a\rb\ud800', body: '\ud83d' },
    { title: 'Корзина', body: '購物車'.repeat(20_000) },
  ]
  for (const [index, words] of told.entries()) {
    const { id } = await ada.forge.openPull({ ...draft, ...words, head: `althing/t-${index}` }, { signal })
    const pull = await ada.forge.pull(id, { signal })
    assert.ok(Buffer.byteLength(pull.body) <= 56_000)
  }
  assert.equal((await ada.forge.findPull({ head: 'althing/t-0', base: 'main' }, { signal }))?.body, 'done\n')
})

for (const wrong of [{ labels: ['a'.repeat(65)] }, { labels: ['a\nb'] }, { body: '購'.repeat(30_000) }, { title: '\u0007' }])
  test(`S5: a task with ${JSON.stringify(wrong).slice(0, 40)} is refused, and nothing is written`, async () => {
    const ada = await openForge('ada')
    await assert.rejects(ada.forge.add({ title: 'a', body: '', labels: [], ...wrong }), { code: 'TASK_INVALID' })
    assert.equal(ada.journal.heads().length, 0)
  })

test('a task with as many labels as it may have still takes those of workers', async () => {
  const ada = await openForge('ada')
  const labels = Array.from({ length: 28 }, (_, index) => `label-${index}`)
  const { key } = await ada.forge.add({ title: 'a', body: 'б'.repeat(27_000), labels: labels.map((label) => label.padEnd(64, 'ы')) })
  await ada.forge.project(key, { add: ['in-progress', 'needs-human', 'completed'], remove: [] }, { signal })
  assert.equal((await ada.forge.find(key, { signal }))?.labels.length, 31)
  await assert.rejects(ada.forge.add({ title: 'a', body: '', labels: [...labels, 'more'] }), { code: 'TASK_INVALID' })
})

test('a pull request whose branch no record can name is refused', async () => {
  const ada = await openForge('ada')
  await assert.rejects(ada.forge.openPull({ ...draft, base: 'a'.repeat(201) }, { signal }), { code: 'FORGE_REFUSED' })
})

test('a title of an agent is cut to what a record takes, and a task without one is refused', async () => {
  const ada = await openForge('ada')
  const { id } = await ada.forge.openPull({ ...draft, title: 'a'.repeat(1_000), body: 'b'.repeat(50_000) }, { signal })
  assert.equal((await ada.forge.pull(id, { signal })).body.length, 40_000)
  await assert.rejects(ada.forge.add({ title: ' ', body: '', labels: [] }), { code: 'TASK_INVALID' })
  await assert.rejects(ada.forge.add({ title: 'a', body: 'b'.repeat(40_001), labels: [] }), { code: 'TASK_INVALID' })
  await assert.rejects(ada.forge.pull('nothing', { signal }), { code: 'PULL_MISSING' })
})

const task: TaskRecord = { of: null, edit: 0, project, title: 'a', body: 'b', labels: ['x'], state: 'open' }
const pull: PullRecord = {
  of: null,
  edit: 0,
  project,
  title: 'a',
  body: 'b',
  head: 'h',
  base: 'main',
  state: 'open',
  areChangesRequested: false,
}

test('records read back as they were written', () => {
  assert.deepEqual(parseTaskRecord(formatTaskRecord(task)), task)
  assert.deepEqual(parsePullRecord(formatPullRecord(pull)), pull)
  const edited = { ...task, of: testHive, edit: 3 }
  assert.deepEqual(parseTaskRecord(formatTaskRecord(edited)), edited)
})

const changes: readonly Readonly<Record<string, unknown>>[] = [
  { v: 2 },
  { edit: 1 },
  { edit: -1 },
  { of: 'x' },
  { project: 'no project' },
  { title: '' },
  { title: 'a\nb' },
  { title: 'a'.repeat(257) },
  { body: 'a\u0000b' },
  { body: 'a\ud800' },
  { body: 'a'.repeat(40_001) },
  { labels: ['a', 'a'] },
  { labels: Array.from({ length: 33 }, String) },
  { labels: ['a'.repeat(65)] },
  { state: 'merged' },
  { more: 1 },
]

for (const change of changes)
  test(`S5: a task with ${JSON.stringify(change).slice(0, 60)} is none`, () => {
    assert.equal(parseTaskRecord({ ...formatTaskRecord(task), ...change }), undefined)
  })

for (const change of [{ head: '../x' }, { base: '' }, { head: 'a..b' }, { state: 'done' }, { areChangesRequested: 1 }])
  test(`S5: a pull request with ${JSON.stringify(change)} is none`, () => {
    assert.equal(parsePullRecord({ ...formatPullRecord(pull), ...change }), undefined)
  })

test('S5: an entry that is no task changes nothing', async () => {
  const ada = await openForge('ada')
  await ada.journal.append('task', { v: 1, of: null })
  assert.equal(keyOf('ada').sign.length >= 1, true)
  assert.deepEqual(ada.forge.all(), [])
})
