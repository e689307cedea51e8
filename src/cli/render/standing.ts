import { clip } from '../screen.ts'
import type { Fields } from './read.ts'

/** Characters of a reason in one line of a list. */
const maxReason = 100

/** What an owner says against a version, by its fields `yanked` and `deprecated`: one word or sentence for each. */
export function standingOf(row: Fields): readonly string[] {
  const reason = row.text('yanked')
  return [
    ...(row.has('yanked') ? [reason === '' ? 'yanked' : `yanked: ${clip(reason, maxReason)}`] : []),
    ...(row.has('deprecated') ? [`deprecated: ${clip(row.text('deprecated'), maxReason)}`] : []),
  ]
}
