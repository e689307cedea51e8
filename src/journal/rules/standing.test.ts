import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkOfCid } from '../../lib/cid.ts'
import { testHive } from '../testing/bench-of-peers.ts'
import type { Standing } from './standing.ts'
import { isEffective, lastAdmitted, lastEffective, lastOnLine, lastWanted, parseCuts } from './standing.ts'

const admitted: Standing = { admission: { verdict: 'admitted' }, cuts: new Map(), forks: new Map() }

test('of an admitted author without cut or fork everything counts', () => {
  assert.equal(lastEffective(admitted, 1), Infinity)
  assert.equal(isEffective(admitted, { incarnation: 7, seq: 1_000_000 }), true)
})

test('the lower of a cut and a fork ends an incarnation', () => {
  const standing: Standing = { ...admitted, cuts: new Map([[1, 41]]), forks: new Map([[1, 30]]) }
  assert.equal(lastOnLine(standing, 1), 30)
  assert.equal(lastOnLine(standing, 2), Infinity)
  assert.equal(isEffective(standing, { incarnation: 1, seq: 30 }), true)
  assert.equal(isEffective(standing, { incarnation: 1, seq: 31 }), false)
})

test('S10: a revocation keeps what stands up to the entry it names', () => {
  const verdict = { verdict: 'cut', after: { incarnation: 2, seq: 5 } } as const
  assert.equal(lastAdmitted(verdict, 1), Infinity)
  assert.equal(lastAdmitted(verdict, 2), 5)
  assert.equal(lastAdmitted(verdict, 3), 0)
  assert.equal(lastAdmitted({ verdict: 'cut', after: undefined }, 1), 0)
  assert.equal(lastAdmitted({ verdict: 'unknown' }, 1), 0)
})

test('the first entry of a journal is always wanted, for it introduces its author', () => {
  const standing: Standing = { ...admitted, cuts: new Map([[1, 0]]) }
  assert.equal(lastWanted(standing, 1), 1)
  assert.equal(lastWanted({ ...admitted, forks: new Map([[2, 0]]) }, 2), 0)
})

test('cuts of earlier incarnations are read', () => {
  const body = {
    cuts: [
      { incarnation: 1, seq: 41, cid: linkOfCid(testHive) },
      { incarnation: 2, seq: 0, cid: null },
    ],
  }
  assert.deepEqual(parseCuts(body, 3), [
    { incarnation: 1, seq: 41, cid: testHive },
    { incarnation: 2, seq: 0, cid: null },
  ])
})

for (const [what, body] of [
  ['nothing', null],
  ['no list', { cuts: 3 }],
  ['an item that is no map', { cuts: [1] }],
  ['an item without a CID', { cuts: [{ incarnation: 1, seq: 1 }] }],
  ['its own incarnation', { cuts: [{ incarnation: 3, seq: 0, cid: null }] }],
  [
    'an incarnation twice',
    {
      cuts: [
        { incarnation: 1, seq: 0, cid: null },
        { incarnation: 1, seq: 0, cid: null },
      ],
    },
  ],
  ['a huge incarnation', { cuts: [{ incarnation: 1n << 60n, seq: 0, cid: null }] }],
  ['a negative seq', { cuts: [{ incarnation: 1, seq: -1, cid: null }] }],
  ['something kept without its CID', { cuts: [{ incarnation: 1, seq: 4, cid: null }] }],
  ['a CID that is none', { cuts: [{ incarnation: 1, seq: 4, cid: 'bafy' }] }],
] as const) {
  test(`S30: cuts that name ${what} cut nothing`, () => {
    assert.deepEqual(parseCuts(body, 3), [])
  })
}

test('S30: more cuts than an author can have incarnations cut nothing', () => {
  const bodyOf = (count: number) => ({ cuts: Array.from({ length: count }, (_, index) => ({ incarnation: index + 1, seq: 0, cid: null })) })
  assert.equal(parseCuts(bodyOf(1024), 5000).length, 1024)
  assert.equal(parseCuts(bodyOf(1025), 5000).length, 0)
})
