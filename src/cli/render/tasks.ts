import { abbreviate } from '../../lib/abbreviation.ts'
import type { Style } from '../screen.ts'
import { clip } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatPlural } from './units.ts'

/** What becomes of one answer about projects and tasks; undefined for one of another shape. */
type Look = (answer: Fields, style: Style) => readonly string[] | undefined

const looks: Readonly<Record<string, Look>> = {
  'project.add': (answer, style) => (answer.has('base') ? renderAdded(answer, style) : undefined),
  'project.list': (answer, style) => (answer.has('projects') ? renderProjects(answer.records('projects'), style) : undefined),
  'project.remove': (answer, style) =>
    answer.has('base') ? [`${style.name(answer.text('id'))} is forgotten here; in the repository nothing changed`] : undefined,
  'project.doctor': (answer, style) => (answer.has('lines') ? renderDoctor(answer, style) : undefined),
  'task.add': (answer, style) =>
    answer.has('key')
      ? [
          `${style.name(answer.text('key'))} added to ${answer.text('project')}: ${answer.text('title')}`,
          '→ every worker of the hive may take it: althing worker start',
        ]
      : undefined,
  'task.list': (answer, style) => (answer.has('tasks') ? renderTasks(answer.records('tasks'), style) : undefined),
  'task.show': (answer, style) => (answer.has('branch') ? renderTask(answer, style) : undefined),
  'task.next': (answer, style) => (answer.has('passedOver') ? renderNext(answer, style) : undefined),
  'task.history': (answer, style) => (answer.has('links') ? renderHistory(answer, style) : undefined),
  'task.break': (answer, style) =>
    interrupted(answer, `${style.name(answer.text('key'))} is free again: whoever held it stops at its next renewal`),
  'task.pause': (answer, style) =>
    interrupted(
      answer,
      `${style.name(answer.text('key'))} is kept from everybody until: althing task break ${answer.text('key')} --reason TEXT`,
    ),
  'task.done': (answer, style) => interrupted(answer, `${style.name(answer.text('key'))} is over, and closed`),
}

/** The answers about projects and tasks as people read them. */
export const taskRenderers = Object.fromEntries(
  Object.entries(looks).map(([name, look]) => [name, (output: unknown, style: Style) => look(readFields(output), style)?.join('\n')]),
)

function renderAdded(answer: Fields, style: Style): readonly string[] {
  return [
    `${style.name(answer.text('id'))} is a project of this node: pull requests go to ${answer.text('base')}`,
    '→ what claims rest on, proved line by line: althing doctor',
    ...(answer.text('forge') === 'git' ? ['→ a first task: althing task add "TITLE" --text "TEXT"'] : []),
  ]
}

function renderProjects(rows: readonly Fields[], style: Style): readonly string[] {
  if (rows.length === 0) return ['no project is here yet. Add one: althing project add URL']
  return rows.map(
    (row) =>
      `${style.name(row.text('id'))} · ${describeForge(row.text('forge'))} at ${row.text('url')} · pull requests go to ${row.text('base')}`,
  )
}

function describeForge(forge: string): string {
  return forge === 'git' ? 'repository' : forge
}

function renderDoctor(answer: Fields, style: Style): readonly string[] {
  const forms: Readonly<Record<string, string>> = {
    native: '→ claims go to refs/althing/, as configured where tasks.refs is not set',
    heads: '→ claims must go to branches here: set refs = "heads" under [tasks] of config.toml, on every node',
  }
  const verdict = answer.has('form')
    ? forms[answer.text('form')]
    : style.bad('→ let only one node work on this project: two could do the same task')
  return [
    style.strong(answer.text('project')),
    ...answer
      .records('lines')
      .map(
        (line) =>
          `  ${line.isTrue('isGood') ? style.good('good') : style.bad('bad ')}  ${line.text('property')}${style.faint(` · ${line.text('detail')}`)}`,
      ),
    ...(verdict === undefined ? [] : [verdict]),
  ]
}

const maxTitleLength = 60

function renderTasks(rows: readonly Fields[], style: Style): readonly string[] {
  if (rows.length === 0)
    return ['no task is open. Add a project: althing project add URL, and a task: althing task add "TITLE" --text "TEXT"']
  return [...Map.groupBy(rows, (row) => row.text('project'))].flatMap(([project, tasks]) => [
    style.strong(project),
    ...tasks.map(
      (row) =>
        `  ${style.name(row.text('key').padEnd(14))}  ${describeClaim(row).padEnd(12)}  ${clip(row.text('title'), maxTitleLength)}${style.faint(
          ` · ${row.text('type')}, priority ${row.count('priority')}`,
        )}`,
    ),
  ])
}

function describeClaim(row: Fields): string {
  if (row.text('state') === 'closed') return 'closed'
  return row.texts('labels').includes('needs-human') ? 'needs-human' : row.text('claim')
}

function renderTask(row: Fields, style: Style): readonly string[] {
  const holder = row.has('holder') ? ` by ${abbreviate(row.text('holder'))}, epoch ${row.count('epoch')}` : ''
  return [
    `${style.name(row.text('key'))} · ${style.strong(row.text('title'))}`,
    style.faint(`  ${row.text('project')} · ${row.text('type')}, priority ${row.count('priority')} · ${row.texts('labels').join(', ')}`),
    `  ${describeClaim(row)}${holder} · branch ${row.text('branch')}`,
    ...(row.has('pull') ? [`  pull request ${row.text('pull')}`] : []),
    ...(row.has('decision') ? [`  decided: althing context get '${row.text('decision')}'`] : []),
    ...(row.has('whyNot') ? [`  no worker takes it: ${row.text('whyNot')}`] : []),
    ...indent(row.text('body')),
    ...(row.has('transcript') ? ['', ...row.text('transcript').split('\n')] : []),
  ]
}

function indent(text: string): readonly string[] {
  return text === '' ? [] : ['', ...text.split('\n').map((line) => `  ${line}`)]
}

function renderNext(answer: Fields, style: Style): readonly string[] {
  const next = answer.record('next')
  const first = answer.has('next')
    ? [
        `${style.name(next.text('key'))} would be next: ${next.text('title')}`,
        style.faint(`  ${next.text('type')}, priority ${next.count('priority')}`),
      ]
    : ['nothing is to be done']
  return [
    ...first,
    ...answer
      .records('passedOver')
      .map((row) => `  passed over ${row.text('key')}, ${clip(row.text('title'), maxTitleLength)}: ${row.text('reason')}`),
  ]
}

function renderHistory(answer: Fields, style: Style): readonly string[] {
  const rows = answer.records('links')
  if (rows.length === 0) return [`${style.name(answer.text('key'))} was never claimed`]
  return [`${style.name(answer.text('key'))} · ${formatPlural(rows.length, 'link')}`, ...rows.map((row) => `  ${renderLink(row, style)}`)]
}

function renderLink(row: Fields, style: Style): string {
  if (!row.has('kind')) return style.bad(`! ${row.text('commit').slice(0, 10)} is no claim: ${row.text('why')}`)
  const cost = row.count('tokens') === 0 ? '' : ` · ${row.count('tokens')} tokens, $${(row.count('microUsd') / 1_000_000).toFixed(4)}`
  const reason = row.has('reason') ? ` · ${row.text('reason')}` : ''
  return `${row.text('at').slice(0, 19)}Z  epoch ${row.count('epoch')}  ${row.text('kind').padEnd(8)}  ${abbreviate(row.text('holder'))}${style.faint(`${reason}${cost}`)}`
}

function interrupted(answer: Fields, sentence: string): readonly string[] | undefined {
  return answer.has('status') ? [sentence] : undefined
}
