import { clip } from '../screen.ts'
import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatBytes, formatCount, formatPlural } from './units.ts'

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

/** `install`: what is where now. */
export function renderInstalled(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('path')) return undefined
  const status = answer.text('status')
  const verb =
    status === 'present'
      ? 'is here already'
      : status === 'updated'
        ? `updated from ${answer.text('previousVersion')}`
        : style.good('installed')
  const givers = answer.records('providers')
  const source = givers.length === 0 ? 'from this disk' : `from ${formatPlural(givers.length, 'peer')}`
  const missing = answer.records('unresolvedDependencies').map((row) => `${row.text('name')}@${row.text('range')}`)
  const lines = [
    `${style.name(`${answer.text('package')}@${answer.text('version')}`)} ${verb} · ${formatPlural(answer.count('files'), 'file')}, ${formatBytes(answer.count('size'))}${status === 'present' ? '' : ` ${source}`}`,
    `  ${answer.text('path')}`,
    ...answer.texts('alsoAt').map((path) => `  ${path}`),
  ]
  const dependencies = missing.length === 0 ? [] : [`→ it names packages that are not installed: ${missing.join(', ')}`]
  const changed = answer.texts('changed')
  const changes = changed.length === 0 ? [] : [`→ not as its owner signed it: ${changed.join(', ')}; --force puts it back`]
  return [...lines, style.faint(`  ${answer.text('digest')}, pinned in ${answer.text('lock')}`), ...changes, ...dependencies].join('\n')
}

/** `list`: by place. */
export function renderListed(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('packages')) return undefined
  const places = Map.groupBy(answer.records('packages'), (row) => row.text('where'))
  const lines = [...places].flatMap(([place, rows]) => [
    style.strong(`${place} (${formatCount(rows.length)})`),
    ...rows.map((row) => renderRow(row, style)),
  ])
  return [...(lines.length === 0 && !answer.has('hint') ? ['nothing is installed'] : lines), ...hintOf(answer)].join('\n')
}

function renderRow(row: Fields, style: Style): string {
  const newer = row.has('newer') ? ` · ${style.good(`${row.text('newer')} is newer`)}` : ''
  const missing = row.text('state') === 'missing' ? style.bad(' · its folder is gone; install it again') : ''
  return `  ${style.name(row.text('package'))} ${row.text('version')}${newer}${missing}${row.has('path') ? style.faint(`  ${row.text('path')}`) : ''}`
}

const maxDescription = 120

function hintOf(answer: Fields): readonly string[] {
  return answer.has('hint') ? [`→ ${answer.text('hint')}`] : []
}
