import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatBytes, formatDuration, formatPlural } from './units.ts'

/** `context status`: what there is, as whom this node writes, and what lacks copies. */
export function renderContextStatus(output: unknown, style: Style): string | undefined {
  const status = readFields(output)
  if (!status.has('resources')) return undefined
  return [
    countsOf(status, style),
    ...writersOf(status, style),
    ...copiesOf(status, style),
    ...sealsOf(status.record('seals'), style),
    ...announcedOf(status.record('announced')),
    ...askedOf(status),
  ].join('\n')
}

function countsOf(status: Fields, style: Style): string {
  const [deleted, contested, sessions] = [status.count('deleted'), status.count('contested'), status.count('sessions')]
  return [
    `${style.strong(formatPlural(status.count('resources'), 'piece'))} of context`,
    formatPlural(status.count('versions'), 'version'),
    ...(deleted === 0 ? [] : [`${deleted} deleted`]),
    ...(contested === 0 ? [] : [style.bad(`${contested} contested`)]),
    ...(sessions === 0 ? [] : [formatPlural(sessions, 'walk')]),
  ].join(' · ')
}

function writersOf(status: Fields, style: Style): readonly string[] {
  const agents = status.texts('agents')
  if (agents.length === 0) return ['this node writes as nobody yet: `althing node certify --agent NAME`']
  return [`this node writes as ${agents.map(style.name).join(', ')}`]
}

function copiesOf(status: Fields, style: Style): readonly string[] {
  if (!status.has('copies')) return []
  const copies = status.record('copies')
  const below = copies.count('below')
  const [target, members] = [copies.count('target'), copies.count('members')]
  const wanted = `${formatPlural(target, 'copy', 'copies')} of each wanted, ${formatPlural(members, 'node')} about`
  const found = below === 0 ? 'none lacks any' : style.bad(`${formatPlural(below, 'piece')} with fewer`)
  const isChecking = copies.isTrue('isChecking') ? ' so far; still looking' : ''
  const scarce = copies.records('scarce').map((row) => {
    const holders = row.texts('holders')
    const whose = holders.length === 0 ? '' : `: ${holders.join(', ')}`
    return `  ${style.faint(row.text('cid'))} · ${formatBytes(row.count('size'))} · ${holders.length} of ${row.count('wanted')} copies${whose}`
  })
  return [`${wanted} · ${found}${isChecking}`, ...scarce]
}

/** A node without any key has nothing sealed, and nobody to seal for. */
function sealsOf(seals: Fields, style: Style): readonly string[] {
  const [keys, sealed, outdated, unreachable] = [
    seals.count('keys'),
    seals.count('sealed'),
    seals.count('outdated'),
    seals.count('unreachable'),
  ]
  if (keys + sealed + unreachable === 0) return []
  const parts = [
    `${formatPlural(sealed, 'piece')} sealed`,
    ...(outdated === 0 ? [] : [style.bad(`${outdated} to be sealed anew: \`althing context reseal --all\``)]),
    `keys of ${formatPlural(keys, 'node')}${seals.has('oldestMs') ? `, the oldest ${formatDuration(seals.count('oldestMs'))}` : ''}`,
    ...(unreachable === 0 ? [] : [`${unreachable} unreachable: no key of theirs is known`]),
    ...(seals.has('epoch') ? [] : ['this node has said no key yet']),
  ]
  return [parts.join(' · ')]
}

function announcedOf(announced: Fields): readonly string[] {
  const [own, known] = [announced.count('own'), announced.count('known')]
  return own + known === 0 ? [] : [`${formatPlural(own, 'piece')} announced by this node, ${formatPlural(known, 'announcement')} known`]
}

function askedOf(status: Fields): readonly string[] {
  const resolver = status.record('resolver')
  const asked = resolver.count('asked')
  if (asked === 0) return []
  return [
    `members were asked ${formatPlural(asked, 'time')}: ${resolver.count('told')} told, ${resolver.count('missed')} known to nobody, ${resolver.count('refused')} answers refused`,
  ]
}
