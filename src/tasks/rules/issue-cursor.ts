/** Where a look through a forge's issues stands. */
export interface IssueCursor {
  /** `open`: the first look, at what is open. `all`: what changed since, closed ones too. */
  readonly scope: 'open' | 'all'
  /** Wall time of the forge in milliseconds; issues that changed then or later are asked for. */
  readonly since: number
  /** From 1. */
  readonly page: number
  /** By the same clock, where the next look goes on from: when a first look began, then the latest change seen. 0: not known yet. */
  readonly mark: number
}

/** One page that came. */
export interface SeenPage {
  /** When each changed, in the order of the page. */
  readonly updatedAt: readonly number[]
  readonly hasMore: boolean
  /** Whether the page is in the order of changes. */
  readonly isOrdered: boolean
  /** Wall time of the forge when it answered, in milliseconds; undefined where it does not say. */
  readonly at: number | undefined
}

/** What a look overlaps with the one before, in milliseconds: forges show changes late. @see docs/guide/forges */
const overlapMs = 120_000

const start: IssueCursor = { scope: 'open', since: 0, page: 1, mark: 0 }

/** Reads a cursor; anything else begins anew. */
export function parseCursor(text: string | undefined): IssueCursor {
  const match = /^(open|all)\.(\d{1,15})\.(\d{1,6})\.(\d{1,15})$/.exec(text ?? '')
  if (match === null) return start
  return { scope: match[1] === 'all' ? 'all' : 'open', since: Number(match[2]), page: Number(match[3]), mark: Number(match[4]) }
}

export function formatCursor({ scope, since, page, mark }: IssueCursor): string {
  return `${scope}.${since}.${page}.${mark}`
}

/**
 * Where the next look begins.
 *
 * A first look knows nothing of what is closed or lacks the label, and needs not: the next one asks for what changed since it began. By the latest
 * change it saw, which may be years ago, that would be the whole history.
 *
 * In an ordered list it goes on from the last change seen, not from a page number: what changes meanwhile moves to the end, and would push
 * another over the edge of a page.
 */
export function nextCursor(cursor: IssueCursor, { updatedAt, hasMore, isOrdered, at }: SeenPage): IssueCursor {
  const isTimed = cursor.scope === 'open' && at !== undefined
  const mark = isTimed ? cursor.mark || at : Math.max(cursor.mark, ...updatedAt)
  if (!hasMore) {
    // nothing is open, and the forge does not say when that was so: looked at anew, which costs nothing
    if (mark === 0) return start
    return { scope: 'all', since: Math.max(cursor.scope === 'all' ? cursor.since : 0, mark - overlapMs), page: 1, mark }
  }
  const last = updatedAt.at(-1) ?? 0
  return isOrdered && last > cursor.since ? { ...cursor, since: last, page: 1, mark } : { ...cursor, page: cursor.page + 1, mark }
}
