import type { SearchInput } from '../search/operations.ts'

/** A search for words, with what else was asked for. */
export function searchFor(query: string, more: Partial<SearchInput> = {}): SearchInput {
  return {
    query: query === '' ? [] : query.split(' '),
    keyword: [],
    fuzzy: false,
    remote: false,
    accept: [],
    yanked: false,
    detailed: false,
    ...more,
  }
}
