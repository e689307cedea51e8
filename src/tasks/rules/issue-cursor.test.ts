import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCursor, nextCursor, parseCursor } from './issue-cursor.ts'

const first = { scope: 'open', since: 0, page: 1, latest: 0 } as const

test('a cursor reads back as it was written, and anything else begins anew', () => {
  const cursor = { scope: 'all', since: 5, page: 2, latest: 9 } as const
  assert.deepEqual(parseCursor(formatCursor(cursor)), cursor)
  assert.deepEqual(parseCursor('open.1.2.3'), { scope: 'open', since: 1, page: 2, latest: 3 })
  for (const text of [undefined, '', 'all', 'all.1.2', 'none.1.2.3', 'all.-1.2.3', `all.${'9'.repeat(16)}.1.1`])
    assert.deepEqual(parseCursor(text), first)
})

test('an ordered list goes on from the last change, so that what moves to its end pushes nothing over an edge', () => {
  const next = nextCursor(first, { updatedAt: [10, 20, 30], hasMore: true, isOrdered: true })
  assert.deepEqual(next, { scope: 'open', since: 30, page: 1, latest: 30 })
})

test('a page whose items all changed at once is followed by the next page', () => {
  const next = nextCursor({ ...first, since: 30 }, { updatedAt: [30, 30], hasMore: true, isOrdered: true })
  assert.deepEqual(next, { scope: 'open', since: 30, page: 2, latest: 30 })
})

test('a list without order goes on page by page', () => {
  const next = nextCursor(first, { updatedAt: [30, 10], hasMore: true, isOrdered: false })
  assert.deepEqual(next, { scope: 'open', since: 0, page: 2, latest: 30 })
  assert.deepEqual(nextCursor(next, { updatedAt: [], hasMore: true, isOrdered: true }), { ...next, page: 3 })
})

test('after the last page the next look begins two minutes before the latest change, and never goes back', () => {
  const next = nextCursor(first, { updatedAt: [300_000, 200_000], hasMore: false, isOrdered: false })
  assert.deepEqual(next, { scope: 'all', since: 180_000, page: 1, latest: 300_000 })
  assert.deepEqual(nextCursor(next, { updatedAt: [], hasMore: false, isOrdered: true }), next)
  assert.deepEqual(nextCursor(first, { updatedAt: [], hasMore: false, isOrdered: true }), { ...first, scope: 'all' })
})
