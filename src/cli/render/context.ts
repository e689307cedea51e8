import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatBytes, formatPlural, formatTime } from './units.ts'

/** `context put|post|delete`: which version it is now, and who has it. */
export function renderStored(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('replicas')) return undefined
  const status = answer.text('status')
  const parts = [
    `${style.name(answer.text('address'))} ${status === 'unchanged' ? 'said this before' : style.good(status)}`,
    ...(status === 'deleted' ? [] : [formatBytes(answer.count('size'))]),
    ...copiesOf(answer, style),
  ]
  return [parts.join(' · '), ...sealOf(answer, style), ...(answer.has('cid') ? [style.faint(answer.text('cid'))] : [])].join('\n')
}

/** `context reseal`: what was sealed anew, and what could not be. */
export function renderResealed(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('resealed')) return undefined
  const lines = answer
    .records('resealed')
    .map(
      (row) => `${style.name(row.text('resource'))} *~${row.text('version')} · opened by ${formatPlural(row.count('recipients'), 'node')}`,
    )
  const failed = answer.records('failed').map((row) => `${style.bad('not sealed anew')} ${row.text('resource')}: ${row.text('reason')}`)
  const current = answer.count('current')
  return (
    [...lines, ...failed, ...(current > 0 ? [`${formatPlural(current, 'resource')} sealed as before`] : [])].join('\n') ||
    'nothing here is sealed'
  )
}

/** Whether something is still sealed to who should not read it, or not to who should. */
export function isSealedWrong(output: unknown): boolean {
  return readFields(output).records('failed').length > 0
}

/** `context versions`: one line for each, newest first, with its moment as an address takes it. */
export function renderContextVersions(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('items')) return undefined
  const rows = answer.records('items')
  const lines = rows.map((row) => `  ${`*~${row.text('version')}`.padEnd(8)}${describeVersion(row, style, row.text('at'))}`)
  return [style.name(rows[0]?.text('resource') ?? ''), ...lines, ...moreOf(answer)].join('\n')
}

/** `context discover|query`: one line for each resource. */
export function renderResources(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('items')) return undefined
  const rows = answer.records('items')
  if (rows.length === 0) return 'nothing is known that this means'
  const lines = rows.map((row) => {
    const [newest, last] = [row.record('newest'), row.count('last')]
    return `${style.name(row.text('resource'))}\n  ${formatPlural(last - row.count('first') + 1, 'version')} · ${describeVersion(newest, style)}`
  })
  return [...lines, ...moreOf(answer)].join('\n')
}

/** `context navigate`: where the walk stands, and how to go on. */
export function renderNavigated(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('session')) return undefined
  const range = `of *~${answer.text('first')} to *~${answer.text('last')}`
  return [
    `${style.name(answer.text('address'))} · ${describeVersion(answer, style)} · ${range}`,
    `→ go on from there with --session ${answer.text('session')}`,
  ].join('\n')
}

/** `context announce`: what is provided here, until when. */
export function renderAnnounced(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('provider')) return undefined
  const until = formatTime(Date.parse(answer.text('expires')) || 0)
  const said = answer.text('status') === 'refreshed' ? 'is announced for longer' : style.good('announced')
  return `${style.name(answer.text('address'))} ${said} · until ${until}, and again in time while this node runs`
}

/** `context get --out`: what is in the file. What goes to standard output is the content alone. */
export function renderRead(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('out')) return undefined
  return `${style.name(answer.text('address'))} is in ${answer.text('out')} · ${describeVersion(answer, style)}`
}

/** `context watch`: one line for each event, and where to go on. */
export function renderWatched(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('items') || !answer.has('after')) return undefined
  const lines = answer.records('items').map((row) => {
    const provider = row.has('provider') ? ` by ${row.text('provider')}` : ''
    return `${row.text('event')}${provider} ${style.name(row.text('address'))} · ${describeVersion(row, style)}`
  })
  return [...lines, style.faint(`-- after ${answer.text('after')}`)].join('\n')
}

/** Whether a command that ends its node leaves with the only copy of what it stored. */
export function isOnlyCopy(output: unknown): boolean {
  const answer = readFields(output)
  const replicas = answer.record('replicas')
  return answer.isTrue('leaving') && replicas.count('wanted') > 1 && replicas.count('confirmed') <= 1
}

/** This node is counted, as `--replicas` counts; of a deletion only what is lacking is said. */
function copiesOf(answer: Fields, style: Style): readonly string[] {
  const replicas = answer.record('replicas')
  const [wanted, confirmed] = [replicas.count('wanted'), replicas.count('confirmed')]
  const whose = confirmed === 1 ? ", this node's" : ", this node's among them"
  if (confirmed < wanted) return [style.bad(`${confirmed} of ${wanted} copies so far${whose}`)]
  return answer.text('status') === 'deleted' ? [] : [`${formatPlural(confirmed, 'copy', 'copies')}${whose}`]
}

function sealOf(answer: Fields, style: Style): readonly string[] {
  if (!answer.has('sealed')) return []
  const sealed = answer.record('sealed')
  const unreachable = sealed.texts('unreachable')
  const missing =
    unreachable.length === 0
      ? ''
      : ` · ${style.bad(`not yet by ${unreachable.join(', ')}`)}, which ${unreachable.length === 1 ? 'has' : 'have'} no key for it`
  return [`sealed, opened by ${formatPlural(sealed.count('recipients'), 'node')}${missing}`]
}

function describeVersion(row: Fields, style: Style, at = formatTime(Date.parse(row.text('at')) || 0)): string {
  const facts = [
    at,
    ...(row.has('cid') ? [formatBytes(row.count('size')), typeOf(row)] : [style.bad('deleted')]),
    ...(row.isTrue('isContested') ? [style.bad(`contested, by ${row.text('writer')}`)] : []),
  ]
  return facts.join(' · ')
}

/** Its media type; of what is sealed for whom it is. */
function typeOf(row: Fields): string {
  const whom = row.record('metadata').text('sealed-for')
  return whom === '' ? row.text('mediaType') : `sealed for ${whom.replaceAll(' ', ', ')}`
}

function moreOf(answer: Fields): readonly string[] {
  return answer.has('cursor') ? [`→ more with --cursor '${answer.text('cursor')}'`] : []
}
