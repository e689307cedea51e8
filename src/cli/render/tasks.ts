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
  'project.hook': (answer, style) => (answer.has('events') ? renderHook(answer, style) : undefined),
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
  'task.claim': (answer, style) => (answer.has('branch') ? renderHeld(answer, style) : undefined),
  'task.release': (answer, style) => (answer.has('status') ? [describeRelease(answer, style)] : undefined),
  'task.watch': (answer, style) => (answer.has('items') ? renderHappenings(answer, style) : undefined),
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
    native: '→ claims go to refs/althing/; this node keeps that for the project',
    api: "→ claims go to refs/althing/ by the forge's API, which takes what a push may not; this node keeps that for the project",
    heads: '→ claims go to branches, for this host takes nothing else; this node keeps that for the project: let every node ask its doctor',
    'api-heads': "→ claims go to branches by the forge's API; this node keeps that for the project: let every node ask its doctor",
  }
  const without: Readonly<Record<string, string>> = {
    all: '→ let only one node work on this project: two could do the same task',
    some: '→ the server broke off: nothing can be said of claims yet; ask its doctor again',
    none: '→ no repository can be read at that address: nothing was learned',
  }
  const verdict = answer.has('form') ? forms[answer.text('form')] : style.bad(without[answer.text('answered')] ?? '')
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

function renderHook(answer: Fields, style: Style): readonly string[] {
  const name = style.name(answer.text('project'))
  const status = answer.text('status')
  if (status === 'removed') return [`webhooks of ${name} are refused from now on; take the one in ${answer.text('forge')} away too`]
  if (status === 'missing') return [`${name} had no webhook`]
  const lead = answer.has('url')
    ? `→ that address is this machine's alone; lead the forge to it by a proxy or tunnel of yours that keeps the path`
    : '→ this node answers no HTTP now; althing p2p start does, where http.enabled is true'
  return [
    `${name} · put this into ${answer.text('forge')} as a webhook:`,
    `  address       ${answer.has('url') ? answer.text('url') : answer.text('path')}`,
    `  content type  ${answer.text('contentType')}`,
    `  secret        what stands in ${answer.text('secretFile')}`,
    `  events        ${answer.texts('events').join(', ')}`,
    lead,
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
  return row.text('state') === 'closed' ? 'closed' : row.text('claim')
}

function renderTask(row: Fields, style: Style): readonly string[] {
  const holder = row.has('holder') ? ` by ${abbreviate(row.text('holder'))}, epoch ${row.count('epoch')}` : ''
  return [
    `${style.name(row.text('key'))} · ${style.strong(row.text('title'))}`,
    style.faint(`  ${row.text('project')} · ${row.text('type')}, priority ${row.count('priority')} · ${row.texts('labels').join(', ')}`),
    `  ${describeClaim(row)}${holder}${row.has('since') ? `, since ${formatMoment(row.text('since'))}` : ''} · branch ${row.text('branch')}`,
    ...(row.has('pull') ? [`  pull request ${row.text('pull')}`] : []),
    ...(row.has('decision') ? [`  decided: althing context get '${row.text('decision')}'`] : []),
    ...(row.has('whyNot') ? [`  no worker takes it: ${row.text('whyNot')}`] : []),
    ...indent(row.text('body')),
    ...(row.has('transcript') ? ['', ...row.text('transcript').split('\n')] : []),
  ]
}

/** ISO 8601 to the second. */
function formatMoment(at: string): string {
  return `${at.slice(0, 19)}Z`
}

function indent(text: string): readonly string[] {
  return text === '' ? [] : ['', ...text.split('\n').map((line) => `  ${line}`)]
}

function renderNext(answer: Fields, style: Style): readonly string[] {
  const next = answer.record('next')
  const first = answer.has('next')
    ? [
        `${style.name(next.text('key'))} would be next: ${next.text('title')}`,
        style.faint(
          `  ${next.text('type')}, priority ${next.count('priority')}${describeRank(next)}${describeLikeIt(next.record('likeIt'))}`,
        ),
      ]
    : ['nothing is to be done']
  return [
    ...first,
    ...(answer.has('hindrance') ? [style.bad(`  the worker of this node takes nothing for now: ${answer.text('hindrance')}`)] : []),
    ...answer
      .records('passedOver')
      .map((row) => `  passed over ${row.text('key')}, ${clip(row.text('title'), maxTitleLength)}: ${row.text('reason')}`),
  ]
}

/** Among those who could take it; nothing where nobody else was heard. */
function describeRank(next: Fields): string {
  return next.count('of') < 2 ? '' : ` · this node is ${next.count('rank')} of ${next.count('of')} that could take it`
}

/** Why this node bids as it does; nothing where it tried nothing like it. */
function describeLikeIt(likeIt: Fields): string {
  return likeIt.count('tried') === 0 ? '' : ` · ${likeIt.count('wentWell')} of ${likeIt.count('tried')} like it went well here`
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
  return `${formatMoment(row.text('at'))}  epoch ${row.count('epoch')}  ${row.text('kind').padEnd(8)}  ${abbreviate(row.text('holder'))}${style.faint(`${reason}${cost}`)}`
}

function renderHeld(answer: Fields, style: Style): readonly string[] {
  const key = answer.text('key')
  const until = answer.has('until') ? `until ${formatMoment(answer.text('until'))}` : 'as long as this node runs'
  return [`${style.name(key)} is yours, epoch ${answer.count('epoch')}, ${until}: ${answer.text('title')}`, ...describeWay(answer, style)]
}

/** How what a person holds comes to an end. A repository alone has no pull requests that a person could open. */
function describeWay(answer: Fields, style: Style): readonly string[] {
  const [key, branch, base] = [answer.text('key'), style.strong(answer.text('branch')), answer.text('base')]
  if (answer.text('forge') === 'git')
    return [
      `→ when it is done, merge it into ${base} yourself, then: althing task done ${key} --reason "merged"`,
      `→ or let a worker go on with it: push it to ${branch}, then: althing task release ${key}`,
    ]
  return [`→ push your work to ${branch}, and open a pull request to ${base}`, `→ then, or to give it back: althing task release ${key}`]
}

function describeRelease(answer: Fields, style: Style): string {
  const key = style.name(answer.text('key'))
  return answer.has('pull') ? `${key} is in review: ${answer.text('pull')}` : `${key} is given back: every worker may take it`
}

function renderHappenings(answer: Fields, style: Style): readonly string[] {
  const items = answer.records('items').map((row) => {
    const holder = row.has('holder') ? ` by ${abbreviate(row.text('holder'))}, epoch ${row.count('epoch')}` : ''
    const reason = row.has('reason') ? style.faint(` · ${row.text('reason')}`) : ''
    return `${formatMoment(row.text('at'))}  ${style.name(row.text('key'))}  ${row.text('event')}${holder}: ${clip(row.text('title'), maxTitleLength)}${reason}`
  })
  const gap = answer.isTrue('hasGap') ? [style.bad('more happened before than is remembered: althing task list says how things stand')] : []
  return [...gap, ...items, style.faint(`-- after ${answer.count('after')}`)]
}

function interrupted(answer: Fields, sentence: string): readonly string[] | undefined {
  return answer.has('status') ? [sentence] : undefined
}
