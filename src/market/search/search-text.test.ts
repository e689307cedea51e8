import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HiveId } from '../../journal/entry.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import { openShelf } from '../testing/shelf.ts'
import type { Shelved } from '../testing/shelf.ts'
import { ownerOf } from '../testing/stand.ts'

test('names come before near names, those before descriptions, and those before keywords', async () => {
  await using shelf = openShelf()
  await shelf.put(
    { name: 'forge', keywords: ['raft'] },
    { name: 'press', description: 'consensus by raft' },
    { name: 'raft-store' },
    { name: 'raft' },
    { name: 'craft' },
    { name: 'a-raft-of-many-things' },
    { name: 'rafter' },
  )
  assert.deepEqual(shelf.find('raft'), ['raft', 'raft-store', 'a-raft-of-many-things', 'rafter', 'press', 'forge'])
  assert.deepEqual(shelf.find('raft', { isFuzzy: true }), [
    'raft',
    'raft-store',
    'a-raft-of-many-things',
    'rafter',
    'craft',
    'press',
    'forge',
  ])
})

test('what is newer comes first among equals, and usefulness before that', async () => {
  await using shelf = openShelf()
  await shelf.put({ name: 'web-a', at: 60_000 }, { name: 'web-b', at: 180_000 }, { name: 'web-c', at: 120_000 })
  assert.deepEqual(shelf.find('web'), ['web-b', 'web-c', 'web-a'])
  assert.deepEqual(shelf.find('web', { usefulnessOf: (_, name) => (name === 'web-a' ? 1 : 0) }), ['web-a', 'web-b', 'web-c'])
})

test('a package that was deprecated comes after its equals, and says so', async () => {
  await using shelf = openShelf()
  await shelf.put({ name: 'web-a', at: 60_000 }, { name: 'web-b', at: 120_000, deprecated: 'use web-a' })
  assert.deepEqual(
    shelf.ask('web').hits.map(({ name, deprecated }) => [name, deprecated]),
    [
      ['web-a', null],
      ['web-b', 'use web-a'],
    ],
  )
})

test('a package of which every version is yanked is found only when asked for', async () => {
  await using shelf = openShelf()
  await shelf.put({ name: 'web-a', isYanked: true }, { name: 'web-b' })
  for (const text of ['web', 'web-a', '']) assert.equal(shelf.find(text).includes('web-a'), false, text)
  assert.deepEqual(shelf.find('web-a', { yanked: true }), ['web-a', 'web-b?'])
  assert.deepEqual(shelf.find('', { yanked: true }).toSorted(), ['web-a', 'web-b'])
})

test('filters hold together with words and without', async () => {
  await using shelf = openShelf()
  await shelf.put(
    { name: 'one', kind: 'skill', category: 'Web Tools', keywords: ['Rust', 'http'], licence: 'MIT OR Apache-2.0', description: 'common' },
    { name: 'two', kind: 'tool', category: 'web-tools', authors: ['Grace Hopper <grace@navy.mil>'], licence: 'MIT', description: 'common' },
    { name: 'three', kind: 'skill', category: 'data', keywords: ['rust'], owner: ownerOf('bob'), description: 'common' },
  )
  assert.deepEqual(shelf.find('common', { kind: 'skill' }).toSorted(), ['one', 'three'])
  assert.deepEqual(shelf.find('', { category: 'web tools' }).toSorted(), ['one', 'two'])
  assert.deepEqual(shelf.find('common', { keyword: ['rust', 'HTTP'] }), ['one'])
  assert.deepEqual(shelf.find('', { license: 'apache-2.0' }), ['one'])
  assert.deepEqual(shelf.find('', { author: 'hopper' }), ['two'])
  assert.deepEqual(shelf.find('', { author: 'bob', owner: ownerOf('bob') }), ['three'])
  assert.deepEqual(shelf.find('common', { category: 'data', kind: 'tool' }), [])
  assert.deepEqual(shelf.find('one', { kind: 'tool' }), [])
  assert.deepEqual(shelf.find('', { author: '!!' }), [])
  assert.deepEqual(shelf.find('', { license: '!!' }), [])
})

test('a filter that few of many packages meet gives every one of them', async () => {
  await using shelf = openShelf()
  const many = Array.from({ length: 600 }, (_, index): Shelved => ({
    name: `web-${index}`,
    at: index * 60_000,
    category: index % 100 === 7 ? 'odd' : 'even',
  }))
  await shelf.put(...many)
  assert.deepEqual(shelf.find('web', { category: 'odd' }), ['web-507', 'web-407', 'web-307', 'web-207', 'web-107', 'web-7'])
})

test('of a common word the packages with the greatest impact come, however many there are', async () => {
  await using shelf = openShelf()
  const many = Array.from({ length: 900 }, (_, index): Shelved => ({
    name: `p${index}`,
    at: (index + 10) * 60_000,
    description: 'all about agents',
  }))
  await shelf.put({ name: 'agents', at: 1 }, { name: 'a-long-name-for-agents', at: 1 }, ...many, { name: 'agents-two', at: 2 })
  assert.deepEqual(shelf.find('agents', { limit: 5 }), ['agents', 'agents-two', 'a-long-name-for-agents', 'p899', 'p898'])
})

test('what a search finds is what comparing every package finds, while no more match than are compared', async () => {
  const seed = 20_261_121
  const chance = createSeededChance(seed)
  const vocabulary = ['rust', 'web', 'agent', 'code', 'review', 'data', 'graph', 'cli']
  const some = (most: number): readonly string[] =>
    Array.from(
      { length: 1 + Math.floor(chance.fraction() * most) },
      () => vocabulary[Math.floor(chance.fraction() * vocabulary.length)] ?? '',
    )
  const packages = Array.from({ length: 60 }, (_, index): Shelved => {
    return { name: `${some(2).join('-')}-x${index}`, description: `d ${some(4).join(' ')}`, keywords: some(3), at: index }
  })
  await using shelf = openShelf()
  await shelf.put(...packages)
  for (let round = 0; round < 40; round += 1) {
    const words = [...new Set(some(3))]
    const has = ({ name, description, keywords }: Shelved): boolean =>
      words.every((word) => [...name.split('-'), ...(description ?? '').split(' '), ...(keywords ?? [])].includes(word))
    const expected = packages.filter(has).map(({ name }) => name)
    const full = shelf.find(words.join(' '), { limit: 60 }).filter((name) => !name.endsWith('?'))
    assert.deepEqual(full.toSorted(), expected.toSorted(), `${words.join(' ')}, seed ${seed}`)
  }
})

test('a word that nobody has is taken for the nearest that somebody has, and said', async () => {
  await using shelf = openShelf()
  await shelf.put({ name: 'code-review' }, { name: 'axum' }, { name: 'other', description: 'a review of things' })
  for (const typed of ['reviwe', 'reviw', 'reeview', 'rexiew']) {
    assert.equal(shelf.find(`code ${typed}`)[0], 'code-review', typed)
    assert.equal(shelf.ask(`code ${typed}`).meant, 'code review')
  }
  assert.equal(shelf.ask('code review').meant, undefined)
  assert.deepEqual(shelf.find('xy'), [])
})

test('a word that was joined from two is found apart', async () => {
  await using shelf = openShelf()
  await shelf.put({ name: 'code-review' }, { name: 'code' })
  assert.equal(shelf.find('codereview')[0], 'code-review')
  assert.equal(shelf.ask('codereview').meant, 'code review')
})

test('packages with some of the words come behind, those with rare words first', async () => {
  await using shelf = openShelf()
  await shelf.put({ name: 'web' }, { name: 'web-b' }, { name: 'web-c' }, { name: 'sparql' }, { name: 'web-graph', keywords: ['sparql'] })
  assert.deepEqual(shelf.find('web sparql').slice(0, 2), ['web-graph', 'sparql?'])
  assert.deepEqual(shelf.find('web sparql nowhere').slice(0, 2), ['web-graph?', 'sparql?'])
})

test('hives do not see each other', async () => {
  const other = createCid(dagCborCodec, new Uint8Array([7])) as HiveId
  await using shelf = openShelf()
  await shelf.put({ name: 'secret-plan', hive: other }, { name: 'plan' })
  assert.deepEqual(shelf.find('secret'), [])
  assert.deepEqual(shelf.find('plan'), ['plan'])
  assert.deepEqual(shelf.find('sekret', { isFuzzy: true }), [])
  assert.deepEqual(shelf.find('plan', { hive: other }), ['secret-plan'])
  assert.deepEqual(shelf.find('', { hive: createCid(dagCborCodec, new Uint8Array([9])) as HiveId }), [])
})

test('S26, S29: hostile queries end soon, find nothing they should not, and harm nothing', async () => {
  await using shelf = openShelf()
  await shelf.put(
    ...Array.from({ length: 300 }, (_, index): Shelved => ({
      name: `a${'b'.repeat(index % 40)}-${index}`,
      description: 'a b c d e f g h',
    })),
  )
  const long = 100_000
  const hostile = [
    'a'.repeat(long),
    'a '.repeat(long / 2),
    'ab'.repeat(long / 2),
    `${'a-'.repeat(long / 2)}!`,
    '\u0301'.repeat(long),
    '"'.repeat(long),
    '('.repeat(long),
    'a AND '.repeat(long / 6),
    'NEAR('.repeat(long / 5),
    '\ud800'.repeat(long),
    `\0${'x\0'.repeat(long / 2)}`,
    '😀'.repeat(long / 2),
    'ﷺ'.repeat(long),
    Array.from({ length: 5_000 }, (_, index) => `w${index}`).join(' '),
    "x'; drop table package; --",
    '{name description}: a',
    '- NOT a OR b*',
    '__proto__ constructor',
    '1_5web 0_o_z6Mk',
  ]
  const startedAt = process.cpuUsage()
  for (const text of hostile) for (const isFuzzy of [false, true]) shelf.find(text, { isFuzzy })
  const { user, system } = process.cpuUsage(startedAt)
  assert.ok(user + system < 5_000_000, `${(user + system) / 1000} ms for ${hostile.length} queries`)
  assert.equal(shelf.find('a b c').length, 10)
})

test('the same packages give the same order, whatever order they came in', async () => {
  const packages = Array.from({ length: 200 }, (_, index): Shelved => ({
    name: `web-${index}`,
    at: (index % 50) * 60_000,
    description: 'an agent',
  }))
  const answers: string[] = []
  for (const order of [packages, packages.toReversed()]) {
    await using shelf = openShelf()
    for (const each of order) await shelf.put(each)
    answers.push(JSON.stringify([shelf.find('agent'), shelf.find('web'), shelf.find('web agent', { limit: 60 })]))
  }
  assert.equal(answers[0], answers[1])
})
