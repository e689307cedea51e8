/** One line of an `.althingignore`, or of `files` in a manifest. */
export interface PathPattern {
  /** `!pattern`: takes back in what an earlier line left out. */
  readonly isNegated: boolean
  /** `pattern/`: folders only. */
  readonly isFolder: boolean
  readonly segments: readonly string[]
}

/** More lines, or longer ones, are refused by the caller. */
export const maxPatterns = 1_000

/** Left out of every package: version control, installed things, what editors and systems drop. */
export const alwaysIgnored: readonly PathPattern[] = parsePatterns(
  ['.git', 'node_modules', '.althing', '*.swp', '.DS_Store', '.althingignore'].join('\n'),
)

/**
 * Reads patterns: a subset of gitignore.
 *
 * `#` comments; `*`, `?` inside a name, `**` for any folders; a slash at the start or in the middle ties to the package's root; a slash at
 * the end means folders; `!` takes back in. The last matching line decides.
 */
export function parsePatterns(text: string): readonly PathPattern[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parsePattern)
}

function parsePattern(line: string): PathPattern {
  const isNegated = line.startsWith('!')
  const bare = isNegated ? line.slice(1) : line
  const isFolder = bare.endsWith('/')
  const trimmed = isFolder ? bare.slice(0, -1) : bare
  const isAnchored = trimmed.includes('/')
  const segments = trimmed.split('/').filter((segment) => segment !== '')
  return { isNegated, isFolder, segments: isAnchored ? segments : ['**', ...segments] }
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
function matchesSegments(pattern: readonly string[], segments: readonly string[]): boolean {
  return matchesSequence(pattern, segments, {
    isStar: (part) => part === '**',
    matchesOne: (part, segment) =>
      matchesSequence(Array.from(part), Array.from(segment), {
        isStar: (char) => char === '*',
        matchesOne: (char, other) => char === '?' || char === other,
      }),
  })
}

interface SequenceRules {
  readonly isStar: (part: string) => boolean
  readonly matchesOne: (part: string, item: string) => boolean
}

function matchesSequence(pattern: readonly string[], items: readonly string[], rules: SequenceRules): boolean {
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
