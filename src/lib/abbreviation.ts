/** Something that can be named: by its id, by the beginning of it, or by another name it goes by. */
export interface Nameable<T> {
  readonly item: T
  readonly id: string
  readonly names: readonly string[]
}

/** What a text means among some things. */
export type Naming<T> =
  | { readonly match: 'one'; readonly item: T }
  | { readonly match: 'several'; readonly found: readonly Nameable<T>[] }
  | { readonly match: 'none' }

/** Fewer characters of an id than these name nothing: they would be a slip more often than a choice. Git takes as many. */
const minLength = 4

/** How much of an id is shown. The ids of one kind begin alike with up to eight characters; six more tell apart any number of them that chance made. */
const shownLength = 14

/** The one thing a text means: its whole id before all, else one of its names or the beginning of its id, never a guess among several. */
export function findNamed<T>(text: string, things: Iterable<Nameable<T>>): Naming<T> {
  const found = new Map<string, Nameable<T>>()
  for (const thing of things) {
    if (thing.id === text) return { match: 'one', item: thing.item }
    if (thing.names.includes(text) || (text.length >= minLength && thing.id.startsWith(text))) found.set(thing.id, thing)
  }
  const [first, ...more] = found.values()
  if (first === undefined) return { match: 'none' }
  return more.length === 0 ? { match: 'one', item: first.item } : { match: 'several', found: [first, ...more] }
}

/** The beginning of an id, enough to name it by. */
export function abbreviate(id: string): string {
  return id.slice(0, shownLength)
}

/** Things that one text means, for whoever has to choose: names and whole ids, of the first few. */
export function formatChoices(found: readonly Nameable<unknown>[]): string {
  const shown = found.slice(0, maxChoices).map(({ id, names }) => [...names.slice(0, 1), id].join(' '))
  return [...shown, ...(found.length > maxChoices ? [`${found.length - maxChoices} more`] : [])].join(', ')
}

const maxChoices = 8
