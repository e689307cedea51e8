import type { AnswerFields } from './answer-fields.ts'
import { readFields, readObjects, tooLong } from './answer-fields.ts'
import type { ForgeAnswer } from './rest-client.ts'

/** Most pages of a list that are read where it does not say how many. */
const mostPages = 50

export interface PagedList {
  /** What stands in it, for faults. */
  readonly what: string
  /** Field of the answer that holds it; without one the answer is the list. */
  readonly list?: string
  readonly pageSize: number
  /** Whether what a page holds makes all that follow needless. */
  readonly isEnough?: (page: readonly AnswerFields[]) => boolean
  /** Most pages of it that are read; 50 where nothing is said. */
  readonly maxPages?: number
  /** What is done with a list of more pages than are read: it is refused, or its first pages are taken for all. */
  readonly beyond: 'refuse' | 'cut'
}

/** Every item of a list that comes in pages of at most `pageSize`. @throws the faults of a forge; FORGE_TOO_LONG */
export async function readPages(
  { what, list, pageSize, isEnough = () => false, maxPages = mostPages, beyond }: PagedList,
  ask: (page: number) => Promise<ForgeAnswer>,
): Promise<readonly AnswerFields[]> {
  const items: AnswerFields[] = []
  for (let page = 1; page <= maxPages; page++) {
    const answer = await ask(page)
    const found = list === undefined ? readObjects(answer.body, what) : readFields(answer.body, what).objects(list)
    items.push(...found)
    if (isEnough(found) || !hasMore(answer, { count: found.length, seen: items.length, pageSize })) return items
  }
  if (beyond === 'cut') return items
  throw tooLong(what, items.length)
}

/**
 * Whether another page follows: by the links of the answer, by the number of all items, or because the page is full. Gitea may cut pages
 * shorter than they were asked for.
 *
 * `seen`: items of this page and of those before it.
 */
export function hasMore(
  { headers }: Pick<ForgeAnswer, 'headers'>,
  { count, seen, pageSize }: { readonly count: number; readonly seen: number; readonly pageSize: number },
): boolean {
  if (count === 0) return false
  const links = headers.get('link')
  if (links !== null) return /;\s*rel="?next"?\s*(?:[,;]|$)/.test(links)
  const total = headers.get('x-total-count') ?? headers.get('x-total')
  return total !== null && /^\d{1,9}$/.test(total) ? seen < Number(total) : count >= pageSize
}
