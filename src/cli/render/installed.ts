import type { Style } from '../screen.ts'
import { renderTable } from './generic.ts'
import { namesOfServers, renderMcpBlock } from './mcp.ts'
import { standingOf } from './standing.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatBytes, formatCount, formatPlural } from './units.ts'

/** Lines of packages that are shown when nothing happened to them. */
const maxPresent = 8

/** `install`: what is where now, or would be, and what could not be looked at. */
export function renderInstalled(output: unknown, style: Style): string | undefined {
  return renderPlace(output, style, true)
}

/** `update`, `remove`: what is where now, or would be. */
export function renderChanged(output: unknown, style: Style): string | undefined {
  return renderPlace(output, style, false)
}

function renderPlace(output: unknown, style: Style, isInstall: boolean): string | undefined {
  const answer = readFields(output)
  if (!answer.has('isLockChanged')) return undefined
  const isPlan = answer.text('status') === 'planned'
  const rows = answer.records('packages')
  const touched = rows.filter((row) => row.text('change') !== 'present')
  const named = rows.filter((row) => row.text('change') === 'present' && row.isTrue('isNamed'))
  const lines = [
    ...[...touched, ...named.slice(0, maxPresent)].flatMap((row) => renderPackage(row, style, isPlan)),
    ...answer
      .records('removed')
      .map((row) => `${style.name(`${row.text('package')}@${row.text('version')}`)} ${isPlan ? 'would be removed' : style.bad('removed')}`),
    ...(isInstall ? renderBlind(rows) : []),
    ...answer.records('notes').map((row) => `→ ${row.text('message')}`),
    style.faint(summarise(answer, isPlan, isInstall ? blindOf(rows).length : 0)),
    ...(namesOfServers(output).length === 0 ? [] : ["→ for your agent's configuration:", renderMcpBlock(output) ?? '']),
  ]
  return lines.join('\n')
}

/** What was meant, is there, and could not be compared with what its owner signed. */
function blindOf(rows: readonly Fields[]): readonly Fields[] {
  const isAll = !rows.some((row) => row.isTrue('isNamed'))
  return rows.filter((row) => row.text('change') === 'present' && !row.has('changed') && (isAll || row.isTrue('isNamed')))
}

function renderBlind(rows: readonly Fields[]): readonly string[] {
  const blind = blindOf(rows)
  if (blind.length === 0) return []
  const names = blind.slice(0, maxPresent).map((row) => row.text('package'))
  return [
    `→ not compared with what was signed, because the bytes are not on this disk: ${names.join(', ')}${blind.length > maxPresent ? ', …' : ''}`,
  ]
}

/** A name of one's own beside that of the lock. */
function aliasOf(row: Fields): string {
  return row.has('alias') ? ` (${row.text('alias')})` : ''
}

function renderPackage(row: Fields, style: Style, isPlan: boolean): readonly string[] {
  const size = row.has('files') ? ` · ${formatPlural(row.count('files'), 'file')}, ${formatBytes(row.count('size'))}` : ''
  const source = isPlan || row.text('change') === 'present' ? '' : ` from ${giversOf(row)}`
  const heading = `${style.name(`${row.text('package')}@${row.text('version')}`)}${aliasOf(row)} ${describeChange(row, style, isPlan)}${size}${source}`
  const leftOut = row.records('leftOut').map((need) => `${need.text('name')}@${need.text('range')}`)
  const [changed, beside] = [row.texts('changed'), row.texts('beside')]
  return [
    heading,
    ...(isPlan ? [] : [`  ${row.text('path')}`, ...row.texts('alsoAt').map((path) => `  ${path}`)]),
    ...(changed.length === 0
      ? []
      : [`  → not as its owner signed it: ${changed.join(', ')}; \`althing install\` without a name puts it right`]),
    ...(beside.length === 0 ? [] : [`  → not of the package, and left where it is: ${beside.join(', ')}; --force takes it away`]),
    ...renderForeign(row),
    ...(leftOut.length === 0 ? [] : [`  → it was installed without what it needs: ${leftOut.join(', ')}`]),
  ]
}

/** Needs that looked like packages of ours and were none when it was published. */
function renderForeign(row: Fields): readonly string[] {
  const unmet = row.records('unmet').map((need) => `${need.text('name')} ${need.text('range')}`)
  return unmet.length === 0 ? [] : [`  → needs ${unmet.join(', ')}, which nobody here had when it was published: it comes without`]
}

/** How locks name a registry, and so do answers. */
const registryPrefix = 'registry:'

function giversOf(row: Fields): string {
  const givers = row.records('providers').map((giver) => giver.text('peer'))
  const registries = givers.filter((giver) => giver.startsWith(registryPrefix)).map((giver) => giver.slice(registryPrefix.length))
  const peers = givers.length - registries.length
  const named = [...(peers === 0 ? [] : [formatPlural(peers, 'peer')]), ...registries.map((url) => `the registry ${url}`)]
  return named.length === 0 ? 'this disk' : named.join(' and ')
}

function describeChange(row: Fields, style: Style, isPlan: boolean): string {
  const before = row.text('previousVersion')
  const would = isPlan ? 'would be ' : ''
  switch (row.text('change')) {
    case 'present':
      return 'is here already'
    case 'updated':
      return `${would}${isPlan ? 'updated' : style.good('updated')}${before === '' ? '' : ` from ${before}`}`
    case 'downgraded':
      return `${would}brought back from ${before}`
    case 'restored':
      return `${would}put right`
    default:
      return `${would}${isPlan ? 'installed' : style.good('installed')}${row.has('requested') ? '' : ', because another needs it'}`
  }
}

function summarise(answer: Fields, isPlan: boolean, blind: number): string {
  const present = answer.records('packages').filter((row) => row.text('change') === 'present').length - blind
  const parts = [
    ...(present > 0
      ? [`${formatPlural(present, 'package')} ${present === 1 ? 'is' : 'are'} as ${present === 1 ? 'it was' : 'they were'}`]
      : []),
    ...(blind > 0 ? [`${formatPlural(blind, 'package')} could not be compared`] : []),
    ...(isPlan ? [`${formatBytes(answer.count('fetchedBytes'))} to fetch`, 'nothing was done'] : []),
    ...(answer.isTrue('isLockChanged') && !isPlan ? [`pinned in ${answer.text('lock')}`] : []),
  ]
  if (parts.length > 0) return parts.join(' · ')
  const isTouched = answer.records('packages').length + answer.records('removed').length > 0
  return `${isTouched ? 'as pinned in' : 'nothing to do ·'} ${answer.text('lock')}`
}

/** `list`: by place. */
export function renderListed(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('packages')) return undefined
  const places = Map.groupBy(answer.records('packages'), (row) => row.text('where'))
  const lines = [...places].flatMap(([where, rows]) => [
    style.strong(`${where} (${formatCount(rows.length)})`),
    ...rows.flatMap((row) => renderListedRow(row, style)),
  ])
  const hint = answer.has('hint') ? [`→ ${answer.text('hint')}`] : []
  return [...(lines.length === 0 && hint.length === 0 ? ['nothing is installed'] : lines), ...hint].join('\n')
}

function renderListedRow(row: Fields, style: Style): readonly string[] {
  const newer = row.has('newer') ? ` · ${style.good(`${row.text('newer')} is newer`)}` : ''
  const missing = row.text('state') === 'missing' ? style.bad(' · its folder is gone; `althing install` brings it back') : ''
  const path = row.has('path') ? style.faint(`  ${row.text('path')}`) : ''
  const heading = `  ${style.name(row.text('package'))}${aliasOf(row)} ${row.text('version')}${newer}${missing}${path}`
  if (!row.has('details')) return [heading]
  const details = row.record('details')
  const why = row.has('requested') ? `asked for ${row.text('requested')}` : ''
  const needed = row.texts('neededBy').length === 0 ? '' : `needed by ${row.texts('neededBy').join(', ')}`
  const size = details.has('size') ? `${formatPlural(details.count('files'), 'file')}, ${formatBytes(details.count('size'))}` : ''
  const facts = [row.text('kind'), size, why, needed, details.text('source')].filter((fact) => fact !== '')
  const description = details.has('description') ? [`    ${details.text('description').replaceAll(/\s+/g, ' ')}`] : []
  return [heading, ...description, style.faint(`    ${facts.join(' · ')}`)]
}

/** `outdated`: a table. */
export function renderOutdated(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('isOutdated')) return undefined
  const rows = answer.records('packages')
  if (rows.length === 0) return 'all that is installed is the newest there is'
  const table = rows.map((row) => ({
    name: row.text('package'),
    current: row.text('current'),
    wanted: row.text('wanted'),
    latest: row.text('latest'),
    said: [...standingOf(row), ...(row.has('latestOwner') ? [`the latest is ${row.text('latestOwner')}'s`] : [])].join('; '),
  }))
  const isNewer = table.some(({ current, wanted, latest }) => wanted !== current || latest !== current)
  const help = isNewer ? ['→ `althing update` brings what is wanted; `althing install NAME@latest` what is latest'] : []
  return [...renderTable(table, style), ...help].join('\n')
}

/** `why`: a path a line. */
export function renderWhy(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('paths')) return undefined
  const heading = style.name(`${answer.text('package')}@${answer.text('version')}`)
  const paths = readPaths(output).map((steps) =>
    steps.map((step, index) => (index === 0 ? `you asked for ${spell(step)}` : spell(step))).join(' → '),
  )
  if (paths.length === 0) return `${heading}\n  nothing needs it: \`althing install\` takes it away`
  return [heading, ...paths.map((path) => `  ${path}`)].join('\n')
}

function spell(step: Fields): string {
  return `${step.text('package')} ${step.text('range')}`
}

function readPaths(output: unknown): readonly (readonly Fields[])[] {
  const paths: unknown = typeof output === 'object' && output !== null ? Reflect.get(output, 'paths') : undefined
  return Array.isArray(paths) ? paths.map((path: unknown) => (Array.isArray(path) ? path.map(readFields) : [])) : []
}

/** `verify`: what is not as it was signed. */
export function renderVerifiedPackages(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('isBroken')) return undefined
  const rows = answer.records('packages')
  const broken = rows.filter((row) => row.text('state') !== 'whole')
  const lines = broken.flatMap((row) => [
    `${style.name(`${row.text('package')}@${row.text('version')}`)} ${describeState(row.text('state'), style)}`,
    ...(['changed', 'missing', 'added'] as const).flatMap((sort) => row.texts(sort).map((path) => `  ${sort.padEnd(7)}  ${path}`)),
  ])
  const strays = answer.texts('strays').map((path) => `→ ${path} is not in the lock; \`althing clean --force\` takes it away`)
  const lacks = answer.texts('lacks').map((lack) => `→ the lock lacks ${lack}`)
  // files beside take nothing from what was signed
  const signed = rows.filter((row) => ['whole', 'added'].includes(row.text('state'))).length
  const whole = `${formatPlural(signed, 'package')} as signed · ${formatPlural(answer.count('files'), 'file')} compared`
  return [whole, ...lines, ...strays, ...lacks, ...helpFor(broken)].join('\n')
}

/** A plain install puts package files right and leaves what lies beside them: only an exact one takes that away. */
function helpFor(broken: readonly Fields[]): readonly string[] {
  const isWrong = broken.some((row) => ['changed', 'missing'].includes(row.text('state')))
  const isMore = broken.some((row) => row.texts('added').length > 0)
  return [
    ...(isWrong ? ['→ `althing install` puts right what the lock says'] : []),
    ...(isMore ? ['→ what was added stays until you delete it; `althing install --force` takes it all away'] : []),
  ]
}

function describeState(state: string, style: Style): string {
  if (state === 'changed') return style.bad('is not as its owner signed it')
  if (state === 'added') return `is as its owner signed it, ${style.bad('with files beside')}`
  if (state === 'missing') return style.bad('is gone')
  return 'cannot be compared: its bytes are not on this disk, and nobody gave them'
}

/** `clean`. */
export function renderCleaned(output: unknown): string | undefined {
  const answer = readFields(output)
  if (!answer.has('removed')) return undefined
  const removed = answer.texts('removed')
  const strays = answer.texts('strays').map((path) => `  ${path} is not in the lock, and stays; --force takes it away`)
  const hint = answer.has('hint') ? [`→ ${answer.text('hint')}`] : []
  return [
    removed.length === 0 ? 'nothing to clear' : `cleared ${formatPlural(removed.length, 'leftover')}`,
    ...removed.map((path) => `  ${path}`),
    ...strays,
    ...hint,
  ].join('\n')
}
