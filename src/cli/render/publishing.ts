import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatBytes, formatPlural } from './units.ts'

/** `publish`: what became of the package, in one line; of a dry run, what would go out. */
export function renderPublished(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('digest')) return undefined
  const lines = answer.text('status') === 'planned' ? renderPlan(answer, style) : renderRelease(answer, style)
  const warnings = answer.texts('warnings').map((warning) => style.bad(`! ${warning}`))
  const hint = answer.has('hint') ? [`→ ${answer.text('hint')}`] : []
  return [...lines, ...warnings, ...hint].join('\n')
}

function renderRelease(answer: Fields, style: Style): readonly string[] {
  const isNew = answer.text('status') === 'published'
  const copies = answer.record('copies').count('confirmed')
  const parts = [
    `${style.name(`${answer.text('name')}@${answer.text('version')}`)} ${isNew ? style.good('published') : 'was published before, with the same bytes'}`,
    ...(answer.has('tag') ? [`tag ${answer.text('tag')}`] : []),
    ...(answer.count('announcedTo') > 0 ? [`announced to ${formatPlural(answer.count('announcedTo'), 'peer')}`] : []),
    ...(answer.isTrue('providerRecord') ? ['provider record created'] : []),
    copies === 0 ? style.bad('stored here, 0 copies') : formatPlural(copies, 'copy', 'copies'),
  ]
  return [parts.join(' · '), style.faint(sizeOf(answer))]
}

/** Every file, as it would go out. */
function renderPlan(answer: Fields, style: Style): readonly string[] {
  const rows = answer.records('list').map((row) => ({ size: formatBytes(row.count('size')), row }))
  const width = Math.max(0, ...rows.map(({ size }) => size.length))
  const permissions = answer.record('permissions')
  const asked = ['tools', 'commands', 'hosts', 'paths'].flatMap((kind) => {
    const texts = permissions.texts(kind)
    return texts.length === 0 ? [] : [`  ${kind}: ${texts.join(', ')}`]
  })
  const needs = answer.records('dependencies').map((row) => `${row.text('name')}@${row.text('range')}`)
  return [
    `${style.name(`${answer.text('name')}@${answer.text('version')}`)} would be published as a ${answer.text('kind')}, from ${answer.text('manifest')}`,
    ...rows.map(
      ({ size, row }) => `  ${size.padStart(width)}  ${row.text('path')}${row.isTrue('isExecutable') ? style.faint(' (executable)') : ''}`,
    ),
    style.faint(sizeOf(answer)),
    ...(asked.length === 0 ? ['asks for no permissions'] : ['asks for', ...asked]),
    ...(needs.length === 0 ? [] : [`needs ${needs.join(', ')}`]),
    ...(answer.count('foreign') === 0
      ? []
      : [`${formatPlural(answer.count('foreign'), 'dependency is', 'dependencies are')} none of ours: shown, never installed`]),
    ...(answer.has('tag') ? [`tag ${answer.text('tag')} would name this version`] : []),
    style.strong('nothing was published'),
  ]
}

function sizeOf(answer: Fields): string {
  return `${answer.text('digest')} · ${formatPlural(answer.count('files'), 'file')} · ${formatBytes(answer.count('size'))}`
}

/** `init`: what was written, and what to do next. */
export function renderInitialized(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('files') || !answer.has('path')) return undefined
  const folder = answer.text('path')
  const shown = style.path?.(folder) ?? folder
  return [
    `${style.name(answer.text('name'))} ${style.good('started')} as a ${answer.text('kind')} in ${shown}`,
    ...answer.texts('files').map((file) => `  ${file}`),
    `→ ${answer.text('hint').replaceAll(folder, () => shown)}`,
  ].join('\n')
}
