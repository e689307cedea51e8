/** Where a look through a forge's issues stands. */
export interface IssueCursor {
  /** `open`: the first look, at what is open. `all`: what changed since, closed ones too. */
  readonly scope: 'open' | 'all'
  /** Wall time of the forge in milliseconds; issues that changed then or later are asked for. */
  readonly since: number
  /** From 1. */
  readonly page: number
  /** Latest change seen in this look, by the same clock. */
  readonly latest: number
}

/** One page that came. */
export interface SeenPage {
  /** When each changed, in the order of the page. */
  readonly updatedAt: readonly number[]
  readonly hasMore: boolean
  /** Whether the page is in the order of changes. */
  readonly isOrdered: boolean
}

/** What a look overlaps with the one before, in milliseconds: forges show changes late. @see docs/guide/forges */
const overlapMs = 120_000

const start: IssueCursor = { scope: 'open', since: 0, page: 1, latest: 0 }

/** Reads a cursor; anything else begins anew. */
export function parseCursor(text: string | undefined): IssueCursor {
  const match = /^(open|all)\.(\d{1,15})\.(\d{1,6})\.(\d{1,15})$/.exec(text ?? '')
  if (match === null) return start
  return { scope: match[1] === 'all' ? 'all' : 'open', since: Number(match[2]), page: Number(match[3]), latest: Number(match[4]) }
}

export function formatCursor({ scope, since, page, latest }: IssueCursor): string {
  return `${scope}.${since}.${page}.${latest}`
}

/**
 * Where the next look begins.
 *
 * In an ordered list it goes on from the last change seen, not from a page number: what changes meanwhile moves to the end, and would push
 * another over the edge of a page.
 */
export function nextCursor(cursor: IssueCursor, { updatedAt, hasMore, isOrdered }: SeenPage): IssueCursor {
  const latest = Math.max(cursor.latest, ...updatedAt)
  if (!hasMore) return { scope: 'all', since: Math.max(cursor.scope === 'all' ? cursor.since : 0, latest - overlapMs), page: 1, latest }
  const last = updatedAt.at(-1) ?? 0
  return isOrdered && last > cursor.since ? { ...cursor, since: last, page: 1, latest } : { ...cursor, page: cursor.page + 1, latest }
}
