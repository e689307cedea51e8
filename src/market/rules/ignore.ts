/** One line of a `.gitignore` or an `.althingignore`, or of `files` in a manifest. */
export interface PathPattern {
  /** `!pattern`: takes back in what an earlier line left out. */
  readonly isNegated: boolean
  /** `pattern/`: folders only. */
  readonly isFolder: boolean
  readonly segments: readonly PatternSegment[]
}

/** `folders` stands for any number of them (`**`); else what the characters of one name must be. */
type PatternSegment = 'folders' | readonly NamePart[]

/** `many`: any characters (`*`); `one`: any one (`?`); a text: that one; a list of ranges: one within them, or outside (`[a-z]`, `[!0-9]`). */
type NamePart = 'many' | 'one' | { readonly char: string } | { readonly isNegated: boolean; readonly ranges: readonly CharRange[] }

type CharRange = readonly [from: string, to: string]

/** More lines, or longer ones, are refused by the caller. */
export const maxPatterns = 1_000

/** Left out of every package: version control, installed things, what editors and systems drop. */
export const alwaysIgnored: readonly PathPattern[] = parsePatterns(
  ['.git', 'node_modules', '.althing', '*.swp', '.DS_Store', '.althingignore'].join('\n'),
)

/**
 * Reads patterns: those of gitignore.
 *
 * `#` comments; `*`, `?` and `[a-z]` inside a name, `**` for any folders, `\\` before a character that means itself; a slash at the start or in
 * the middle ties to `folder`, where the file with the patterns lies; a slash at the end means folders; `!` takes back in. The last
 * matching line decides.
 */
export function parsePatterns(text: string, folder = ''): readonly PathPattern[] {
  const base = folder === '' ? [] : folder.split('/').map((name) => Array.from(name, (char) => ({ char })))
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => parsePattern(line, base))
}

function parsePattern(line: string, base: readonly PatternSegment[]): readonly PathPattern[] {
  const isNegated = line.startsWith('!')
  const bare = isNegated ? line.slice(1) : line
  const isFolder = bare.endsWith('/')
  const trimmed = isFolder ? bare.slice(0, -1) : bare
  const isAnchored = trimmed.includes('/')
  const own = trimmed
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment): PatternSegment => (segment === '**' ? 'folders' : parseName(segment)))
  // A line of slashes names nothing.
  return own.length === 0 ? [] : [{ isNegated, isFolder, segments: [...base, ...(isAnchored ? own : ['folders' as const, ...own])] }]
}

function parseName(text: string): readonly NamePart[] {
  const chars = Array.from(text)
  const lastClose = chars.lastIndexOf(']')
  const parts: NamePart[] = []
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? ''
    const group = char === '[' && at < lastClose ? parseGroup(chars, at) : undefined
    if (group !== undefined) {
      parts.push(group.part)
      at = group.end
    } else if (char === '\\' && at + 1 < chars.length) {
      at += 1
      parts.push({ char: chars[at] ?? '' })
    } else if (char === '*') {
      if (parts.at(-1) !== 'many') parts.push('many')
    } else parts.push(char === '?' ? 'one' : { char })
  }
  return parts
}

/** `[a-z_]`; a bracket that is not closed is a character. A `]` that comes first is one of the characters. */
function parseGroup(chars: readonly string[], start: number): { readonly part: NamePart; readonly end: number } | undefined {
  const isNegated = chars[start + 1] === '!' || chars[start + 1] === '^'
  const first = start + (isNegated ? 2 : 1)
  const end = chars.indexOf(']', first + 1)
  if (end < 0) return undefined
  const ranges: CharRange[] = []
  for (let at = first; at < end; at++) {
    const from = chars[at] ?? ''
    const isRange = chars[at + 1] === '-' && at + 2 < end
    ranges.push([from, isRange ? (chars[at + 2] ?? from) : from])
    if (isRange) at += 2
  }
  return { part: { isNegated, ranges }, end }
}

/** What the patterns say about a path: the last that matches decides; undefined when none does. */
export function matchPatterns(patterns: readonly PathPattern[], path: string, isFolder: boolean): 'match' | 'negated' | undefined {
  const segments = path.split('/')
  const found = patterns.findLast((pattern) => (isFolder || !pattern.isFolder) && matchesSegments(pattern.segments, segments))
  if (found === undefined) return undefined
  return found.isNegated ? 'negated' : 'match'
}

/** Whether a file lies under a match: itself, or one of its folders. For `files` of a manifest. */
export function isWithinPatterns(patterns: readonly PathPattern[], path: string): boolean {
  const segments = path.split('/')
  return segments.some((_, index) => {
    const prefix = segments.slice(0, index + 1).join('/')
    return matchPatterns(patterns, prefix, index + 1 < segments.length) === 'match'
  })
}

/** Greedy with one step back to the last star: the work is the product of the two lengths at most, whatever the pattern. */
function matchesSegments(pattern: readonly PatternSegment[], segments: readonly string[]): boolean {
  return matchesSequence(pattern, segments, {
    isStar: (part) => part === 'folders',
    matchesOne: (part, segment) => part !== 'folders' && matchesName(part, Array.from(segment)),
  })
}

function matchesName(parts: readonly NamePart[], chars: readonly string[]): boolean {
  return matchesSequence(parts, chars, { isStar: (part) => part === 'many', matchesOne: matchesChar })
}

function matchesChar(part: NamePart, char: string): boolean {
  if (typeof part === 'string') return part === 'one'
  if ('char' in part) return part.char === char
  return part.ranges.some(([from, to]) => from <= char && char <= to) !== part.isNegated
}

interface SequenceRules<Part> {
  readonly isStar: (part: Part) => boolean
  readonly matchesOne: (part: Part, item: string) => boolean
}

function matchesSequence<Part>(pattern: readonly Part[], items: readonly string[], rules: SequenceRules<Part>): boolean {
  let at = 0
  let starAt = -1
  let resumeAt = 0
  let index = 0
  while (index < items.length) {
    const part = pattern[at]
    if (part !== undefined && rules.isStar(part)) {
      starAt = at
      resumeAt = index
      at += 1
    } else if (part !== undefined && rules.matchesOne(part, items[index] ?? '')) {
      at += 1
      index += 1
    } else if (starAt >= 0) {
      resumeAt += 1
      index = resumeAt
      at = starAt + 1
    } else return false
  }
  return pattern.slice(at).every(rules.isStar)
}
