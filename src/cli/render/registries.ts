import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatDuration, formatPlural } from './units.ts'

/** What becomes of one answer about registries; undefined for one of another shape. */
type Look = (answer: Fields, style: Style) => readonly string[] | undefined

const looks: Readonly<Record<string, Look>> = {
  'registry.list': (answer, style) => (answer.has('mode') ? renderListed(answer, style) : undefined),
  'registry.add': (answer, style) => (answer.has('url') ? renderAdded(answer, style) : undefined),
  'registry.sync': (answer, style) => (answer.has('registries') ? renderSynced(answer, style) : undefined),
  'registry.remove': (answer, style) =>
    answer.has('url')
      ? [`${style.name(answer.text('name'))} is asked no more, and what it said is forgotten; what is installed from it stays`]
      : undefined,
  'registry.import': (answer, style) => (answer.has('kind') ? renderImported(answer, style) : undefined),
  'registry.export': (answer, style) => (answer.has('written') ? renderExported(answer, style) : undefined),
  'registry.serve': (answer) =>
    answer.has('requests')
      ? [`${answer.text('url')} showed ${answer.text('folder')}: ${formatPlural(answer.count('requests'), 'request')} answered`]
      : undefined,
}

/** The answers about static registries as people read them. */
export const registryRenderers = Object.fromEntries(
  Object.entries(looks).map(([name, look]) => [name, (output: unknown, style: Style) => look(readFields(output), style)?.join('\n')]),
)

const nobody = 'no registry is known here. Add one: althing registry add NAME URL'

function renderListed(answer: Fields, style: Style): readonly string[] {
  const rows = answer.records('registries')
  const modes: Readonly<Record<string, string>> = {
    p2p: '→ registry.mode is p2p: none of them is asked',
    central: '→ registry.mode is central: they alone are asked, and no hive',
  }
  const mode = modes[answer.text('mode')]
  if (rows.length === 0) return [nobody]
  return [...rows.flatMap((row) => renderRegistry(row, style)), ...(mode === undefined ? [] : [mode])]
}

function renderRegistry(row: Fields, style: Style): readonly string[] {
  const isImport = row.text('url').startsWith('import:')
  const place = isImport ? (row.has('hive') ? 'a folder that was imported' : 'an index that was imported') : row.text('url')
  const when = row.has('ageMs') ? `${isImport ? 'imported' : 'answered'} ${ageOf(row)}` : 'never answered'
  const withheld = row.count('withheld')
  return [
    `${style.name(row.text('name'))} · ${place}`,
    `  ${describePackages(row)} · ${when}`,
    ...(row.has('problem')
      ? [
          `  ${style.bad(`! it did not answer when it was last asked: ${row.text('problem')}`)}`,
          `  → what is kept of it is used; try again: althing registry sync ${row.text('name')}`,
        ]
      : []),
    ...(withheld === 0
      ? []
      : [
          `  ${style.bad(`! it holds back ${formatPlural(withheld, 'signed entry', 'signed entries')} it once gave, believed here all the same`)}`,
        ]),
  ]
}

function describePackages(row: Fields): string {
  const count = row.count('packages')
  if (!row.has('hive')) return `${formatPlural(count, 'package')} that nobody signed: found, never installed`
  const hive = `the ${row.text('policy')} hive "${row.text('hiveName')}"`
  return count === 0 ? `of ${hive}, nothing of it here so far` : `${formatPlural(count, 'package')} of ${hive}`
}

function renderAdded(row: Fields, style: Style): readonly string[] {
  const name = row.text('name')
  return [
    `${style.name(name)} is asked from now on: ${row.text('url')} has packages of the ${row.text('policy')} hive "${row.text('hiveName')}"`,
    `→ search and install bring what they need of it; all of it, to have it offline: althing registry sync ${name}`,
  ]
}

function renderSynced(answer: Fields, style: Style): readonly string[] {
  const rows = answer.records('registries')
  return rows.length === 0 ? [nobody] : rows.flatMap((row) => renderRegistry(row, style))
}

function renderImported(answer: Fields, style: Style): readonly string[] {
  const [name, refused] = [answer.text('name'), answer.count('refused')]
  const holds = `${style.name(name)} holds ${formatPlural(answer.count('packages'), 'package')} in ${formatPlural(answer.count('versions'), 'version')}`
  if (answer.text('kind') === 'foreign')
    return [
      `${holds}, from an index of the shape "${answer.text('shape')}": found by search, never installed, because nobody signed them`,
      ...(refused === 0 ? [] : [style.bad(`! ${formatPlural(refused, 'row')} without a name and a version left out`)]),
    ]
  return [
    `${holds}, each signed · ${formatPlural(answer.count('archives'), 'archive')} new on this disk`,
    ...(refused === 0 ? [] : [style.bad(`! ${formatPlural(refused, 'line')} that nobody of its hive signed left out`)]),
    `→ althing install NAME takes them from here; after the next export: the same import again`,
  ]
}

function renderExported(answer: Fields, style: Style): readonly string[] {
  const [folder, written, missing] = [answer.text('folder'), answer.count('written'), answer.texts('missing')]
  const packages = `${formatPlural(answer.count('packages'), 'package')} in ${formatPlural(answer.count('releases'), 'release')}`
  return [
    `${folder} holds ${packages} · ${written === 0 ? 'nothing was to be written' : `${formatPlural(written, 'file')} written`}`,
    ...missing.map((release) => style.bad(`! nobody in reach has the bytes of ${release}`)),
    `→ copy it to any web server, or show it: althing registry serve ${folder}`,
  ]
}

function ageOf(row: Fields): string {
  const age = row.count('ageMs')
  return age < 1_000 ? 'just now' : `${formatDuration(age)} ago`
}
