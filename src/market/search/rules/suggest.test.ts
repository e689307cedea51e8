import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suggestSearches } from './suggest.ts'

const nothing = { query: 'x', filters: [], yanked: 0, meant: undefined, known: [], category: undefined, words: 1 }

test('three things to try, the most promising first', () => {
  const all = {
    query: 'rust wbe',
    filters: [['kind', 'skill']] as const,
    yanked: 0,
    meant: 'rust web',
    known: ['rust'],
    category: 'dev tools',
    words: 2,
  }
  assert.deepEqual(
    suggestSearches(all).map(({ command }) => command),
    ['althing search "rust web"', 'althing search "rust wbe"', 'althing search rust'],
  )
  assert.deepEqual(
    suggestSearches({ ...nothing, category: 'dev tools' }).map(({ command }) => command),
    ['althing search --category "dev tools"', 'althing search', 'althing search --kind skill'],
  )
  assert.equal(suggestSearches(nothing).length, 3)
})

test('what was taken back is suggested first, with all that was asked for', () => {
  const [one] = suggestSearches({ ...nothing, query: 'rust web', filters: [['category', 'dev tools']], yanked: 1 })
  assert.deepEqual(one, { command: 'althing search "rust web" --category "dev tools" --yanked', does: '1 that its owner took back' })
  const [two] = suggestSearches({ ...nothing, query: '', yanked: 2 })
  assert.deepEqual(two, { command: 'althing search --yanked', does: '2 that their owners took back' })
})

test('what was typed can end no quotes of a command', () => {
  const [first] = suggestSearches({ ...nothing, query: 'a"; rm -rf $(b) `c`\n', filters: [['kind', 'tool']] })
  assert.equal(first?.command, 'althing search "a rm -rf b c"')
  assert.equal(suggestSearches({ ...nothing, query: '"', filters: [['kind', 'tool']] })[0]?.command, 'althing search')
})
