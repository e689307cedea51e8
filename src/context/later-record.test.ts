import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCid, linkOfCid, rawCodec } from '../lib/cid.ts'
import { encodeText } from '../lib/bytes.ts'
import { parseAddress } from '../ucxl/ucxl.ts'
import { Names, replicate, rowsOf, useStand } from './testing/stand.ts'
import { formatVersion, parseVersion, versionKind } from './version.ts'

const why = 'ucxl://ada:author@shop:cart/*^/why'
const cid = createCid(rawCodec, encodeText('later'))
const record = {
  resource: parseAddress(why),
  version: 2,
  cid,
  mediaType: 'text/plain',
  size: 5,
  metadata: { topic: 'checkout' },
  previous: cid,
  keeps: 1,
}

test('F34: a version in a later form stands in its chain, is passed on, and says nothing; what is known stays readable', async (t) => {
  const names = new Names().grant('ada', 'ada')
  const [ada, bob, cy] = [
    await useStand(t, 'ada', { names }),
    await useStand(t, 'bob', { names, agents: [] }),
    await useStand(t, 'cy', { names, agents: [] }),
  ]
  await ada.put(why, 'known')
  const later = await ada.journal.append(versionKind, { ...formatVersion(record), v: 2 })
  const other = await ada.put('ucxl://ada:author@shop:cart/*^/other', 'behind it')
  await replicate(ada, bob)
  await replicate(bob, cy)
  for (const reader of [bob, cy]) {
    assert.equal(reader.journal.find(later.cid)?.header.bodyCid, later.header.bodyCid)
    assert.equal(await reader.read(why), 'known')
    await assert.rejects(reader.get(why.replace('*^', '*~2')), { code: 'TEMPORAL_OUT_OF_BOUNDS', data: { requested: 2, min: 1, max: 1 } })
    assert.equal((await reader.get('ucxl://ada:author@shop:cart/*^/other')).entry, other.entry)
  }
  const before = rowsOf(bob)
  await bob.journal.rebuildViews([versionKind])
  assert.deepEqual(rowsOf(bob), before)
})

test('F34: no other number of a form is read as this one, nor one field more or less', () => {
  const body = { ...formatVersion(record), cid: linkOfCid(cid), previous: linkOfCid(cid) }
  assert.deepEqual(parseVersion(body), record)
  for (const v of [0, 2, 1.5, '1', null, undefined, 1n]) assert.equal(parseVersion({ ...body, v }), undefined)
  assert.equal(parseVersion({ ...body, more: 1 }), undefined)
  for (const key of Object.keys(body)) {
    const rest = Object.fromEntries(Object.entries(body).filter(([name]) => name !== key))
    assert.equal(parseVersion(rest), undefined, key)
  }
})

test('S34: whatever a body says, reading it throws nothing', () => {
  const body = formatVersion(record)
  const changed = fc.tuple(fc.constantFrom(...Object.keys(body)), fc.anything()).map(([key, value]) => ({ ...body, [key]: value }))
  fc.assert(
    fc.property(fc.oneof(fc.anything({ withNullPrototype: true }), changed), (value) => {
      parseVersion(value)
    }),
    { numRuns: 2_000, seed: 4 },
  )
})
