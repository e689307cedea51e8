import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { publish } from '../testing/project.ts'
import { searchFor } from '../testing/search-for.ts'
import { shelve } from '../testing/shelf.ts'
import type { Shelved } from '../testing/shelf.ts'
import { exchangeWith, openStand, ownerOf, testMarketOptions } from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'
import { manifestOf, makeTemporary, writeFiles } from '../testing/stand.ts'
import { createSearchHandlers } from './handlers.ts'

async function shelveAll(stand: Stand, ...packages: readonly Shelved[]): Promise<void> {
  await stand.database.write((tx) => packages.map((each) => shelve(tx, each)))
}

test('no hit says what was searched and three things to try, and is no fault', async () => {
  await using ada = await openStand('ada')
  await shelveAll(ada, { name: 'code-review', kind: 'skill', category: 'dev-tools' }, { name: 'rust-web', kind: 'tool' })
  const search = async (...asked: Parameters<typeof searchFor>) => ada.handlers['marketplace.search'](searchFor(...asked), ada.context)
  const found = await search('reviwe', { kind: 'tool' })
  assert.deepEqual(found.packages, [])
  assert.equal(
    found.hint,
    'nothing for "reviwe" --kind tool among 2 packages of "workbench": names, descriptions, keywords, categories and near spellings were searched.',
  )
  assert.deepEqual(found.suggestions, [
    { command: 'althing search review', does: 'did you mean this?' },
    { command: 'althing search reviwe', does: 'the same without --kind tool' },
    { command: 'althing search --category "dev tools"', does: 'browse a category' },
  ])
  const fewer = await search('review web', { kind: 'role', category: 'x', keyword: ['y'], author: 'z', license: 'w' })
  assert.match(fewer.hint ?? '', /--category x --keyword y --author z --kind role --license w among/)
  assert.deepEqual(fewer.suggestions[1], { command: 'althing search review', does: 'fewer words' })
  for (const typed of ['"*', '\0', '\ud800']) {
    const nothing = await search(typed)
    assert.deepEqual(nothing.packages, [], 'signs alone do not list everything')
    assert.ok(nothing.hint?.isWellFormed())
    assert.equal(nothing.suggestions.length, 3)
  }
})

test('a search that only what was taken back would answer says how to see it', async (t) => {
  await using ada = await openStand('ada')
  const root = await makeTemporary(t)
  for (const name of ['rust-web', 'rust-db', 'other']) {
    await publish(ada, { root, name }, { 'package.toml': manifestOf(name, '1.0.0', 'kind = "tool"\n') })
    if (name !== 'other') await ada.handlers['marketplace.yank']({ package: `${name}@1.0.0`, undo: false }, ada.context)
  }
  const search = async (...asked: Parameters<typeof searchFor>) => ada.handlers['marketplace.search'](searchFor(...asked), ada.context)
  const { packages, suggestions } = await search('rust', { kind: 'tool' })
  const [first] = suggestions
  assert.deepEqual([packages, first], [[], { command: 'althing search rust --kind tool --yanked', does: '2 that their owners took back' }])
  assert.equal((await search('rust', { kind: 'tool', yanked: true })).packages.length, 2)
  for (const more of [await search('nowhere'), await search('"*'), await search('nowhere', { yanked: true })])
    assert.ok(more.suggestions.every(({ command }) => !command.includes('--yanked')))
})

test('a search says that what it may have been for is blocked, also where nothing else is', async (t) => {
  await using ada = await openStand('ada')
  const hint = async (typed: string) => (await ada.handlers['marketplace.search'](searchFor(typed), ada.context)).hint ?? ''
  assert.doesNotMatch(await hint('axum'), /blocked/)
  await ada.handlers['marketplace.block']({ subject: `@${ownerOf('eve')}/axum` }, ada.context)
  const isSaid = /\. @eve\/axum is blocked on this node.*`althing unblock @eve\/axum`/
  assert.match(await hint('axum'), isSaid)
  await publish(ada, { root: await makeTemporary(t), name: 'other' }, { 'package.toml': manifestOf('other') })
  assert.match(await hint('axum'), isSaid)
  assert.doesNotMatch(await hint('unheard'), /blocked/)
  await ada.handlers['marketplace.block']({ subject: `@${ownerOf('eve')}` }, ada.context)
  assert.match(await hint('unheard'), /One owner is blocked on this node.*`althing blocked`/)
})

test('an empty hive says how to fill it', async () => {
  await using ada = await openStand('ada')
  const { hint, suggestions } = await ada.handlers['p2p.search'](searchFor('x'), ada.context)
  assert.match(hint ?? '', /has no packages yet. Publish one: `althing publish DIR`.*Nobody is connected/)
  assert.deepEqual(suggestions, [])
})

test('a hit says who holds it with the age of that count, and more when asked', async (t) => {
  await using ada = await openStand('ada')
  const folder = await writeFiles(await makeTemporary(t), {
    'package.toml': manifestOf('demo', '1.0.0', 'category = "Web"\nkeywords = ["http"]\nlicense = "MIT"\nauthors = ["Ada"]\n'),
  })
  await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  const clock = createVirtualClock({ startsAt: 1_700_000_000_000 })
  const hive = { ...ada.deps.findHive(undefined), exchange: exchangeWith(() => ada, ada) }
  const deps = { ...ada.deps, clock, findHive: () => hive, options: testMarketOptions }
  const search = createSearchHandlers(deps)['marketplace.search']
  const first = await search(searchFor('demo'), ada.context)
  assert.deepEqual([first.packages[0]?.providers, first.packages[0]?.providersAgeMs, first.packages[0]?.details], [2, 0, null])
  await clock.advance(60_000)
  const [later] = (await search(searchFor('dmeo', { detailed: true, author: '@ada' }), ada.context)).packages
  assert.equal(later?.providersAgeMs, 60_000)
  assert.deepEqual(later.details, { category: 'web', authors: ['Ada'], homepage: null, repository: null, dependencies: [] })
})
