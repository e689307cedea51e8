import { readText } from '../../identity/fields.ts'

/** Longest pattern and path that are matched, in UTF-16 units; longer ones match nothing. */
const maxPatternLength = 256
const maxPathLength = 4096

/**
 * Whether a path with `/` between its segments lies within directory scopes.
 *
 * `*` stands for any part of one segment, `?` for one character of it, `**` for any number of segments; a leading `!` denies, and a deny beats
 * every allow. Without an allow everything that is not denied is within.
 */
export function isInScope(scopes: readonly string[], path: string): boolean {
  const denies = scopes.filter((scope) => scope.startsWith('!'))
  if (denies.some((scope) => isMatch(scope.slice(1), path))) return false
  const allows = scopes.filter((scope) => !scope.startsWith('!'))
  return allows.length === 0 || allows.some((scope) => isMatch(scope, path))
}

/** Whether a text may be a scope: a bounded glob with relative segments. */
export function isScope(text: string): boolean {
  const pattern = text.startsWith('!') ? text.slice(1) : text
  if (pattern === '' || text.length > maxPatternLength || readText(pattern, maxPatternLength) === undefined) return false
  if (pattern.includes('\\')) return false
  return pattern.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
}

/** Whether a glob matches a whole path. Time is at most the product of the two bounded lengths, whatever they hold. */
export function isMatch(pattern: string, path: string): boolean {
  if (pattern.length > maxPatternLength || path.length > maxPathLength) return false
  return isWildMatch(pattern.split('/'), path.split('/'), {
    isStar: (segment) => segment === '**',
    isOne: (segment, name) => isWildMatch(Array.from(segment), Array.from(name), characterRules),
  })
}

interface WildRules {
  readonly isStar: (pattern: string) => boolean
  readonly isOne: (pattern: string, item: string) => boolean
}

const characterRules: WildRules = {
  isStar: (pattern) => pattern === '*',
  isOne: (pattern, character) => pattern === '?' || pattern === character,
}

/** Greedy matching that only ever goes back to the newest star: what an older star took can stay as it is. */
function isWildMatch(pattern: readonly string[], items: readonly string[], rules: WildRules): boolean {
  let at = 0
  let taken = 0
  let star = -1
  let starTook = 0
  while (taken < items.length) {
    const next = pattern[at]
    const item = items[taken] ?? ''
    if (next !== undefined && rules.isStar(next)) {
      star = at++
      starTook = taken
    } else if (next !== undefined && rules.isOne(next, item)) {
      at++
      taken++
    } else if (star >= 0) {
      at = star + 1
      taken = ++starTook
    } else return false
  }
  return pattern.slice(at).every((rest) => rules.isStar(rest))
}
