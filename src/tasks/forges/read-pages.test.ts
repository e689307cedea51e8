import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasMore, readPages } from './read-pages.ts'
import type { ForgeAnswer } from './rest-client.ts'

const answerOf = (items: readonly number[], headers: Readonly<Record<string, string>> = {}): ForgeAnswer => ({
  status: 200,
  body: items.map((id) => ({ id })),
  headers: new Headers(headers),
  at: undefined,
  pauseMs: undefined,
})
const full = Array.from({ length: 3 }, (_, at) => at)
const list = { what: 'comments', pageSize: 3, beyond: 'refuse' } as const

test('whether another page follows is told by links, by the number of all items, or by a full page', () => {
  const seen = { count: 3, seen: 3, pageSize: 3 }
  const by = (headers: Readonly<Record<string, string>>, given: typeof seen = seen) => hasMore(answerOf(full, headers), given)
  const next = '<https://git.example.org/api?page=2>; rel="next"'
  const first = '<https://git.example.org/api?page=1>; rel="first"'
  assert.deepEqual([by({ link: `${first}, ${next}` }), by({ link: `${next}, ${first}` }), by({ link: first })], [true, true, false])
  assert.deepEqual([by({ 'x-total-count': '4' }), by({ 'x-total': '3' }), by({ 'x-total': 'many' })], [true, false, true])
  assert.deepEqual([by({}), by({}, { ...seen, count: 2 }), by({ 'x-total': '9' }, { ...seen, count: 0 })], [true, false, false])
})

test('no page is asked for after a last one that is short, where a server cuts pages shorter than they were asked for', async () => {
  const pages: number[] = []
  const items = await readPages({ ...list, pageSize: 50 }, async (page) => {
    pages.push(page)
    return answerOf(page === 3 ? [7] : full, { 'x-total-count': '7' })
  })
  assert.deepEqual([items.length, pages], [7, [1, 2, 3]])
})

test('a list without end is refused, or its first pages are taken, as is asked; what is enough ends it', async () => {
  let asked = 0
  const ask = async (page: number) => {
    asked = page
    return answerOf(full)
  }
  await assert.rejects(readPages(list, ask), { code: 'FORGE_TOO_LONG', message: /more than 150 comments/ })
  assert.equal((await readPages({ ...list, beyond: 'cut' }, ask)).length, 150)
  assert.equal((await readPages({ ...list, beyond: 'cut', maxPages: 2 }, ask)).length, 6)
  await assert.rejects(readPages({ ...list, maxPages: 2 }, ask), { code: 'FORGE_TOO_LONG', message: /more than 6 comments/ })
  assert.equal((await readPages({ ...list, isEnough: () => asked === 2 }, ask)).length, 6)
})
