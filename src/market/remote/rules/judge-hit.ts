import { parseOwnerId } from '../../../identity/keys.ts'
import type { Filter } from '../../search/rules/match.ts'
import { meetsFilter } from '../../search/rules/match.ts'
import { createFilter } from '../../search/rules/filter.ts'
import type { Wanted } from '../../search/rules/filter.ts'
import type { TextQuery } from '../../search/rules/query.ts'
import { nearnessOf } from '../../search/rules/spelling.ts'
import type { SearchedDocument } from '../../search/rules/terms.ts'
import { formatTerms, parseTerms } from '../../search/rules/terms.ts'

/** What a question between members asks of packages: an author is an owner id, or words of an author's name. Nothing that was yanked is asked for. */
export function filterOf(wanted: Omit<Wanted, 'owner' | 'yanked'>): Filter {
  return createFilter({ ...wanted, owner: parseOwnerId(wanted.author ?? ''), yanked: false })
}

/** Whether a package answers a question at all: it meets the filter, and one word at least is in it, begins one, or is near one. */
export function isAnswer(document: SearchedDocument, query: TextQuery | undefined, filter: Filter): boolean {
  const terms = formatTerms(document)
  if (!meetsFilter(terms, filter)) return false
  if (query === undefined || query.names.includes(document.name)) return true
  const words = [...parseTerms(terms).keys()]
  return query.words.some((typed) => words.some((word) => isNear(typed, word)))
}

/** Words that were typed as one may stand apart in a package, and the other way round. */
function isNear(typed: string, word: string): boolean {
  return word.startsWith(typed) || (word.length > 1 && typed.startsWith(word)) || nearnessOf(typed, word) !== undefined
}
