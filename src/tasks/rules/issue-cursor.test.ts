import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCursor, nextCursor, parseCursor } from './issue-cursor.ts'

const untimed = { at: undefined }
const first = { scope: 'open', since: 0, page: 1, mark: 0 } as const

test('a cursor reads back as it was written, and anything else begins anew', () => {
  const cursor = { scope: 'all', since: 5, page: 2, mark: 9 } as const
  assert.deepEqual(parseCursor(formatCursor(cursor)), cursor)
  assert.deepEqual(parseCursor('open.1.2.3'), { scope: 'open', since: 1, page: 2, mark: 3 })
  for (const text of [undefined, '', 'all', 'all.1.2', 'none.1.2.3', 'all.-1.2.3', `all.${'9'.repeat(16)}.1.1`])
    assert.deepEqual(parseCursor(text), first)
})

test('an ordered list goes on from the last change, so that what moves to its end pushes nothing over an edge', () => {
  const next = nextCursor(first, { updatedAt: [10, 20, 30], hasMore: true, isOrdered: true, ...untimed })
  assert.deepEqual(next, { scope: 'open', since: 30, page: 1, mark: 30 })
})

test('a page whose items all changed at once is followed by the next page', () => {
  const next = nextCursor({ ...first, since: 30 }, { updatedAt: [30, 30], hasMore: true, isOrdered: true, ...untimed })
  assert.deepEqual(next, { scope: 'open', since: 30, page: 2, mark: 30 })
})

test('a list without order goes on page by page', () => {
  const next = nextCursor(first, { updatedAt: [30, 10], hasMore: true, isOrdered: false, ...untimed })
  assert.deepEqual(next, { scope: 'open', since: 0, page: 2, mark: 30 })
  assert.deepEqual(nextCursor(next, { updatedAt: [], hasMore: true, isOrdered: true, ...untimed }), { ...next, page: 3 })
})

test('after a first look the next one begins two minutes before that began, whenever what it saw was changed', () => {
  const page = { isOrdered: true, updatedAt: [1_000], at: 900_000 }
  const next = nextCursor(first, { ...page, hasMore: true })
  assert.deepEqual(next, { scope: 'open', since: 1_000, page: 1, mark: 900_000 })
  const last = nextCursor(next, { ...page, updatedAt: [990_000], at: 990_000, hasMore: false })
  assert.deepEqual(last, { scope: 'all', since: 780_000, page: 1, mark: 900_000 })
  assert.deepEqual(nextCursor(first, { ...page, updatedAt: [], hasMore: false }), last)
})

test('a later look goes on from two minutes before the latest change, and never goes back', () => {
  const cursor = { scope: 'all', since: 780_000, page: 1, mark: 900_000 } as const
  const page = { isOrdered: true, hasMore: false, at: 5_000_000 }
  assert.deepEqual(nextCursor(cursor, { ...page, updatedAt: [] }), cursor)
  assert.deepEqual(nextCursor(cursor, { ...page, updatedAt: [800_000] }), cursor)
  assert.deepEqual(nextCursor(cursor, { ...page, updatedAt: [1_000_000] }), { ...cursor, since: 880_000, mark: 1_000_000 })
})

test('where a forge does not tell the time a first look goes by the latest change, and is made again when there was none', () => {
  const next = nextCursor(first, { updatedAt: [300_000, 200_000], hasMore: false, isOrdered: false, ...untimed })
  assert.deepEqual(next, { scope: 'all', since: 180_000, page: 1, mark: 300_000 })
  assert.deepEqual(nextCursor(first, { updatedAt: [], hasMore: false, isOrdered: true, ...untimed }), first)
})
