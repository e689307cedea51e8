/** What was asked and not found, and what is known about it. */
export interface Unfound {
  /** As it was typed. */
  readonly query: string
  /** Options that narrowed it, and what for: `kind`, `skill`. */
  readonly filters: readonly (readonly [name: string, value: string])[]
  /** Packages that it would find if those were shown of which every version was taken back. */
  readonly yanked: number
  /** The same words spelled as packages are, when near ones are known. */
  readonly meant: string | undefined
  /** Words of the query that some package has. */
  readonly known: readonly string[]
  /** The category that most of the newest packages have. */
  readonly category: string | undefined
  readonly words: number
}

/** A command to try, and what it does. */
export interface Suggestion {
  readonly command: string
  readonly does: string
}

/** Three things to try when nothing was found, the most promising first. */
export function suggestSearches({ query, filters, yanked, meant, known, category, words }: Unfound): readonly Suggestion[] {
  const [word] = known
  const narrowed = filters.map(([name, value]) => `--${name} ${quote(value)}`)
  const suggestions: readonly Suggestion[] = [
    ...(yanked === 0
      ? []
      : [
          {
            command: search([quote(query), ...narrowed, '--yanked'].filter((part) => part !== '').join(' ')),
            does: `${yanked} that ${yanked === 1 ? 'its owner' : 'their owners'} took back`,
          },
        ]),
    ...(meant === undefined ? [] : [{ command: search(quote(meant)), does: 'did you mean this?' }]),
    ...(filters.length === 0
      ? []
      : [{ command: search(quote(query)), does: `the same without ${filters.map(([name, value]) => `--${name} ${value}`).join(' ')}` }]),
    ...(word === undefined || words < 2 ? [] : [{ command: search(quote(word)), does: 'fewer words' }]),
    ...(category === undefined ? [] : [{ command: search(`--category ${quote(category)}`), does: 'browse a category' }]),
    { command: search(''), does: 'what is newest' },
    { command: 'althing search --kind skill', does: 'what there is of one kind' },
    { command: 'althing hive list', does: 'another hive may have it: search there with --hive NAME' },
  ]
  return suggestions.slice(0, 3)
}

function search(rest: string): string {
  return `althing search ${rest}`.trimEnd()
}

/** As a shell takes it for one word: what could end the quotes is left out. */
function quote(text: string): string {
  const plain = text
    .replaceAll(/[^\p{L}\p{N} @._/+-]/gu, ' ')
    .replaceAll(/ +/g, ' ')
    .trim()
    .slice(0, 80)
  return /^[\p{L}\p{N}@._/+-]+$/u.test(plain) || plain === '' ? plain : `"${plain}"`
}
