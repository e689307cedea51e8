import type { ForgeAnswer } from './rest-client.ts'
import type { AnswerFields } from './answer-fields.ts'
import { readFields, readObjects } from './answer-fields.ts'

/** Most pages of one list that are read. */
const maxPages = 50

/** Every item of a list that comes in pages of at most `pageSize`. @throws the faults of a forge */
export function readPages(what: string, pageSize: number, ask: (page: number) => Promise<ForgeAnswer>): Promise<readonly AnswerFields[]> {
  return readPagesOf((answer) => readObjects(answer.body, what), pageSize, ask)
}

/** The same of a list that stands in an object. @throws the faults of a forge */
export function readPagesIn(
  { what, list }: { readonly what: string; readonly list: string },
  pageSize: number,
  ask: (page: number) => Promise<ForgeAnswer>,
): Promise<readonly AnswerFields[]> {
  return readPagesOf((answer) => readFields(answer.body, what).objects(list), pageSize, ask)
}

async function readPagesOf(
  read: (answer: ForgeAnswer) => readonly AnswerFields[],
  pageSize: number,
  ask: (page: number) => Promise<ForgeAnswer>,
): Promise<readonly AnswerFields[]> {
  const items: AnswerFields[] = []
  for (let page = 1; page <= maxPages; page++) {
    const answer = await ask(page)
    const found = read(answer)
    items.push(...found)
    if (!hasMore(answer, { page, count: found.length, pageSize })) break
  }
  return items
}

/** Whether another page follows. Gitea may cut pages shorter than they were asked for, and says how many items there are. */
export function hasMore(
  { headers }: Pick<ForgeAnswer, 'headers'>,
  { page, count, pageSize }: { readonly page: number; readonly count: number; readonly pageSize: number },
): boolean {
  const total = headers.get('x-total-count') ?? headers.get('x-total')
  if (count === 0) return false
  return total !== null && /^\d{1,9}$/.test(total) ? page * count < Number(total) : count >= pageSize
}
