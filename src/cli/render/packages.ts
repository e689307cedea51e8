import type { Style } from '../screen.ts'
import { clip } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatBytes, formatDuration, formatPlural } from './units.ts'

/** Characters of a description that are shown unless more is asked for. */
const maxDescription = 120

/** `search`: a package per paragraph, best first; when there is none, what was searched and what to try. */
export function renderFound(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('packages')) return undefined
  const meant = answer.has('meant') ? [`→ near spellings of what was typed: ${style.name(answer.text('meant'))}`] : []
  const rows = answer.records('packages').flatMap((row) => renderPackage(row, style))
  const foreign = answer.records('foreign').flatMap((row) => renderForeign(row, style))
  const nothing = rows.length + foreign.length === 0 && !answer.has('hint') ? ['nothing found'] : []
  const hint = answer.has('hint') ? [`→ ${answer.text('hint')}`] : []
  const suggestions = answer.records('suggestions').map((row) => `  ${style.name(row.text('command'))}  ${style.faint(row.text('does'))}`)
  const remote = answer.has('remote') ? [style.faint(renderRemote(answer.record('remote')))] : []
  return [...meant, ...rows, ...foreign, ...nothing, ...remote, ...hint, ...suggestions].join('\n')
}

function renderRemote(remote: Fields): string {
  const dropped = remote.count('dropped') === 0 ? '' : `, ${remote.count('dropped')} dropped that were no answer`
  const outcome = remote.count('asked') === 0 ? '' : `: ${remote.count('answered')} answered, ${remote.count('added')} new here${dropped}`
  return `${remote.text('note')}${outcome}`
}

function renderPackage(row: Fields, style: Style): readonly string[] {
  const facts = [row.text('kind'), ...(row.has('providers') ? [renderProviders(row)] : [])]
  const marks = [
    ...(row.isTrue('isHere') ? [' · here'] : []),
    ...(row.isTrue('isYanked') ? [style.bad(' · yanked')] : []),
    ...(row.has('deprecated') ? [style.bad(` · deprecated: ${row.text('deprecated')}`)] : []),
    ...(row.count('conflicts') === 0 ? [] : [style.bad(` · published again with other bytes ${row.count('conflicts')} times`)]),
  ]
  const heading = `${style.name(row.text('package'))} v${row.text('version')} (${facts.join(', ')})${marks.join('')}`
  const description = row.text('description').replaceAll(/\s+/g, ' ')
  if (!row.has('details')) return [heading, `  ${clip(description, maxDescription)}`]
  return [heading, `  ${description}`, ...renderDetails(row).map((line) => style.faint(`  ${line}`))]
}

/** What nobody signed looks like nothing that could be installed. */
function renderForeign(row: Fields, style: Style): readonly string[] {
  const heading = `${row.text('name')} v${row.text('version')} ${style.bad(`(unsigned, from the index "${row.text('registry')}"; cannot be installed)`)}`
  return [heading, `  ${clip(row.text('description').replaceAll(/\s+/g, ' '), maxDescription)}`]
}

function renderProviders(row: Fields): string {
  const age = row.count('providersAgeMs')
  return `${formatPlural(row.count('providers'), 'provider')}${age < 1000 ? '' : `, counted ${formatDuration(age)} ago`}`
}

function renderDetails(row: Fields): readonly string[] {
  const details = row.record('details')
  const dependencies = details.records('dependencies').map((each) => `${each.text('name')}@${each.text('range')}`)
  const named: readonly (readonly [string, string])[] = [
    ['category', details.text('category')],
    ['keywords', row.texts('keywords').join(', ')],
    ['authors', details.texts('authors').join(', ')],
    ['licence', row.text('licence')],
    ['homepage', details.text('homepage')],
    ['repository', details.text('repository')],
    ['needs', dependencies.join(', ')],
  ]
  const facts = named.filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}`)
  return [...facts, `${formatPlural(row.count('files'), 'file')}, ${formatBytes(row.count('size'))}`]
}
