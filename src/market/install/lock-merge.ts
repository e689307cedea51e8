import { marketFaults } from '../faults.ts'
import type { Lock } from './lock.ts'
import { formatLock, parseLock } from './lock.ts'

/** Both sides of a file that Git could not merge, each as it was with what could be merged. */
interface Sides {
  readonly ours: string
  readonly theirs: string
}

/**
 * Reads a lock that may hold the marks of a merge: packages of both sides, when none was changed by both in different ways.
 *
 * @throws Fault LOCK_INVALID with the line, and with the packages that both changed
 */
export function parseMergedLock(text: string, file: string): { readonly lock: Lock; readonly isMerged: boolean } {
  const sides = splitSides(text)
  if (sides === undefined) return { lock: parseLock(text, file), isMerged: false }
  const [ours, theirs] = [parseLock(sides.ours, file), parseLock(sides.theirs, file)]
  const disputed = [...ours.values()].filter((own) => {
    const other = theirs.get(own.package)
    return other !== undefined && formatLock(new Map([[own.package, own]])) !== formatLock(new Map([[own.package, other]]))
  })
  if (disputed.length > 0) throw refuseDisputed(file, { line: lineOfMark(text), names: disputed.map((entry) => entry.package).toSorted() })
  // Read again as one: a package may not be there under two spellings.
  return { lock: parseLock(formatLock(new Map([...theirs, ...ours])), file), isMerged: true }
}

/** Undefined for a text without marks, or whose marks are not whole. */
function splitSides(text: string): Sides | undefined {
  const sides = { ours: [] as string[], theirs: [] as string[] }
  let part: 'both' | 'ours' | 'base' | 'theirs' = 'both'
  let seen = 0
  for (const line of text.split('\n')) {
    const mark = /^(<{7}|\|{7}|={7}|>{7})(?: |\r?$)/.exec(line)?.[1]?.charAt(0)
    if (mark === undefined) {
      if (part === 'both' || part === 'ours') sides.ours.push(line)
      if (part === 'both' || part === 'theirs') sides.theirs.push(line)
      continue
    }
    const next = nextPart(part, mark)
    if (next === undefined) return undefined
    part = next
    seen += 1
  }
  return seen > 0 && part === 'both' ? { ours: sides.ours.join('\n'), theirs: sides.theirs.join('\n') } : undefined
}

function nextPart(part: 'both' | 'ours' | 'base' | 'theirs', mark: string): 'both' | 'ours' | 'base' | 'theirs' | undefined {
  if (part === 'both' && mark === '<') return 'ours'
  if (part === 'ours' && mark === '|') return 'base'
  if ((part === 'ours' || part === 'base') && mark === '=') return 'theirs'
  return part === 'theirs' && mark === '>' ? 'both' : undefined
}

function lineOfMark(text: string): number {
  return 1 + text.split('\n').findIndex((line) => line.startsWith('<<<<<<<'))
}

function refuseDisputed(file: string, { line, names }: { readonly line: number; readonly names: readonly string[] }): Error {
  return marketFaults.create('LOCK_INVALID', {
    message: `${file}:${line}: two branches changed ${names.slice(0, 10).join(', ')} in different ways. Keep one block of each, take the marks out, then run \`althing install\`.`,
    data: { file, line },
  })
}
