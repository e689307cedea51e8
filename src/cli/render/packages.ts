import { clip } from '../screen.ts'
import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatPlural } from './units.ts'

/** `search`: a package per paragraph, best first. */
export function renderFound(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('packages')) return undefined
  const rows = answer.records('packages').flatMap((row) => {
    const facts = [row.text('kind'), ...(row.has('providers') ? [formatPlural(row.count('providers'), 'provider')] : [])]
    const here = row.isTrue('isHere') ? ' · here' : ''
    const conflicts = row.count('conflicts') === 0 ? '' : style.bad(` · published again with other bytes ${row.count('conflicts')} times`)
    const heading = `${style.name(row.text('package'))} v${row.text('version')} (${facts.join(', ')}${here})${conflicts}`
    return [heading, `  ${clip(row.text('description').replaceAll(/\s+/g, ' '), maxDescription)}`]
  })
  return [...rows, ...(rows.length === 0 && !answer.has('hint') ? ['nothing found'] : []), ...hintOf(answer)].join('\n')
}

const maxDescription = 120

function hintOf(answer: Fields): readonly string[] {
  return answer.has('hint') ? [`→ ${answer.text('hint')}`] : []
}
