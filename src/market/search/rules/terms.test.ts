import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFilter } from './filter.ts'
import { rowOf } from './rows.ts'
import { formatTerms, inHive, parseTerms } from './terms.ts'

const said = {
  name: 'code-review',
  kind: 'skill',
  category: 'Dev Tools',
  keywords: ['Git', 'c_web'],
  description: 'reads',
  owner: 'z6Mk',
  authors: ['Ada L.'],
  licence: '(MIT OR Apache-2.0)',
} as const

test('a package is its words behind their impact, and its facets', () => {
  const terms = formatTerms({ ...said, isYanked: true })
  assert.equal(
    terms,
    ' 5code 5review 3reads 2git 2c 2web 2dev 2tools 2skill k_skill o_z6Mk c_dev_tools t_git t_c_web a_ada a_l l_mit l_apache_2_0 y_ ',
  )
  assert.deepEqual([...parseTerms(terms).keys()], ['code', 'review', 'reads', 'git', 'c', 'web', 'dev', 'tools', 'skill'])
  assert.equal(parseTerms('').size, 0)
  assert.equal(inHive(3, '5code'), '3_5code')
  assert.equal(formatTerms({ ...said, category: null, licence: null, isYanked: false }).includes(' y_ '), false)
})

test('what is asked for becomes the same facets', () => {
  const asked = {
    kind: 'skill',
    category: 'dev-tools',
    keyword: ['GIT'],
    author: 'Ada',
    owner: 'z6Mk',
    license: 'mit',
    yanked: false,
  } as const
  assert.deepEqual(createFilter(asked), {
    facets: [[['k_skill']], [['c_dev_tools']], [['t_git']], [['a_ada'], ['o_z6Mk']], [['l_mit']]],
    barred: ['y_'],
  })
  assert.deepEqual(createFilter({ keyword: [], author: 'bob', yanked: true }), { facets: [[['a_bob']]], barred: [] })
  assert.deepEqual(createFilter({ keyword: [], yanked: true }), { facets: [], barred: [] })
})

test('rows grow with the minute of a release, and within one with the number of the package', () => {
  assert.ok(rowOf(1, 60_000) > rowOf(9_999, 59_999))
  assert.ok(rowOf(2, 60_000) > rowOf(1, 119_999))
  assert.ok(Number.isSafeInteger(rowOf(2 ** 26 - 1, Number.MAX_SAFE_INTEGER)))
  assert.equal(rowOf(5, -1), 5)
  assert.throws(() => rowOf(2 ** 26, 0))
})
