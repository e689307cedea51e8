import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import type { Stand } from './testing/stand.ts'
import { Names, rowsOf, useStand } from './testing/stand.ts'
import { formatVersion, parseVersion, versionKind } from './version.ts'
import { createCid, rawCodec } from '../lib/cid.ts'
import { encodeText } from '../lib/bytes.ts'
import type { Entry } from '../journal/entry.ts'
import { parseAddress } from '../ucxl/ucxl.ts'

const address = 'ucxl://ada:a@b:c/*^/x'

/** A version as a journal carries it, whatever its number. */
function recordOf({ version, text }: { readonly version: number; readonly text: string }): Readonly<Record<string, unknown>> {
  const cid = createCid(rawCodec, encodeText(text))
  const previous = version === 1 ? null : cid
  const content = { cid, mediaType: 'text/plain', size: text.length, metadata: {} }
  return formatVersion({ resource: parseAddress(address), version, ...content, previous, keeps: 1 })
}

/** Three nodes of one owner that write a few resources with gaps, contests, deletions and retention, none knowing the others. */
async function writeAtOdds(t: TestContext, names: Names): Promise<readonly (readonly Entry[])[]> {
  const chains: (readonly Entry[])[] = []
  for (const [index, name] of ['ada', 'bob', 'cy'].entries()) {
    const stand = await useStand(t, name, { names, owner: 'ada', options: { keepVersions: index === 1 ? 2 : 0 } })
    await stand.clock.advance(index * 1_000)
    for (const path of ['x', 'y']) {
      for (let count = 0; count <= index + 1; count += 1) await stand.put(`ucxl://ada:a@b:c/*^/${path}`, `${name} ${count}`)
    }
    // a number far ahead, which the others' numbers may reach
    await stand.journal.append(versionKind, recordOf({ version: 4 + index, text: `${name} ahead` }))
    if (index === 0) await stand.context.delete(parseAddress('ucxl://ada:a@b:c/*^/y'), { signal: new AbortController().signal })
    chains.push([...stand.journal.range(stand.node, 1, 1, stand.journal.status().entries)])
  }
  return chains
}

test('F16: the view is the same whatever order the authors arrive in, and after a rebuild', async (t) => {
  const names = new Names().grant('ada', 'ada')
  const chains = await writeAtOdds(t, names)
  const seen = new Set<string>()
  const readers: Stand[] = []
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 2 }), { minLength: 60, maxLength: 60 }), async (turns) => {
      const reader = await useStand(t, 'eve', { names, agents: [] })
      const queues = chains.map((chain) => [...chain])
      for (const turn of [...turns, ...turns.map((_, index) => index % 3)]) {
        const entry = queues[turn]?.shift()
        if (entry !== undefined) await reader.journal.receive([entry], entry.header.node)
      }
      assert.ok(queues.every((queue) => queue.length === 0))
      seen.add(JSON.stringify(rowsOf(reader)))
      readers.push(reader)
    }),
    { numRuns: 12, seed: 7 },
  )
  assert.equal(seen.size, 1)
  const [reader] = readers
  assert.ok(reader !== undefined)
  const before = rowsOf(reader)
  let told = 0
  reader.view.onVersion(() => (told += 1))
  await reader.journal.rebuildViews([versionKind])
  assert.deepEqual(rowsOf(reader), before)
  assert.equal(told, 0)
})

test('S5: versions that break the rules of the record or of numbering are inert, and block nothing', async (t) => {
  const names = new Names().grant('ada', 'ada')
  const ada = await useStand(t, 'ada', { names })
  await ada.put(address, 'one')
  const good = recordOf({ version: 2, text: 'two' })
  const bad: readonly unknown[] = [
    null,
    { ...good, v: 2 },
    { ...good, more: 1 },
    { ...good, version: 0 },
    { ...good, version: 2.5 },
    { ...good, version: '2' },
    { ...good, keeps: 3 },
    { ...good, keeps: 0 },
    { ...good, previous: null },
    { ...good, cid: 'bafy' },
    { ...good, cid: null },
    { ...good, mediaType: 'text' },
    { ...good, metadata: { 'A b': 'x' } },
    { ...good, metadata: ['x'] },
    { ...good, resource: 'ucxl://ADA:a@b:c/x' },
    { ...good, resource: 'ucxl://ada:a@b:c/*^/x' },
    { ...good, resource: 'ucxl://any:a@b:c/x' },
    { ...good, resource: 'ucxl://ada:a@b:c/x?y' },
    { ...good, resource: 'ucxl://eve:a@b:c/x' },
    { ...good, version: 9 },
  ]
  for (const body of bad) await ada.journal.append(versionKind, body)
  const read = await ada.get(address)
  assert.deepEqual([read.last, await ada.read(address)], [1, 'one'])
  assert.equal((await ada.put(address, 'two')).version, 2)
  assert.deepEqual(ada.journal.status().quarantinedViews, [])
})

test('S5: a version back-dated by its number is never ahead of one that was written before it', async (t) => {
  const ada = await useStand(t, 'ada', { names: new Names().grant('ada', 'ada') })
  const moments: number[] = []
  for (const version of [2, 1]) {
    await ada.clock.advance(60_000)
    await ada.journal.append(versionKind, recordOf({ version, text: `text ${version}` }))
    moments.push(ada.clock.now())
  }
  const [first = 0, second = 0] = moments
  const at = async (moment: number): Promise<number> =>
    (await ada.get(address.replace('*^', new Date(moment + 1_000).toISOString())).catch(() => undefined))?.version ?? 0
  assert.deepEqual([await at(first), await at(second)], [2, 2])
})

test('S30: metadata named after what every object has is data, and no prototype changes', async (t) => {
  const ada = await useStand(t, 'ada', { names: new Names().grant('ada', 'ada') })
  const stored = await ada.put(address, 'one', { metadata: { constructor: 'x', tostring: 'y' } })
  assert.deepEqual(Object.entries(stored.metadata), [
    ['constructor', 'x'],
    ['tostring', 'y'],
  ])
  const bomb: unknown = JSON.parse('{"__proto__":{"polluted":"yes"}}')
  assert.equal(parseVersion({ ...recordOf({ version: 2, text: '' }), metadata: bomb }), undefined)
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
})

test('a record is read as it was written', () => {
  const written = recordOf({ version: 3, text: 'x' })
  const read = parseVersion(written)
  assert.ok(read !== undefined)
  assert.deepEqual(formatVersion(read), written)
})
