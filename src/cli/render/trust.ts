import type { Style } from '../screen.ts'
import { namesOfServers, renderMcpBlock } from './mcp.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { standingOf } from './standing.ts'
import { formatBytes, formatPlural, formatTime } from './units.ts'

/** `yank`, `deprecate`, `tag`, `owner`: how it is now. */
export function renderSaid(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('now')) return undefined
  const isNew = answer.text('status') === 'said'
  const peers = answer.count('announcedTo')
  const told = peers > 0 ? `announced to ${formatPlural(peers, 'peer')}` : 'nobody is connected: others hear of it when they are'
  return `${answer.text('now')} · ${isNew ? style.good(told) : 'it was so before'}`
}

/** `versions`: one line for each, newest first. */
export function renderVersions(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('versions')) return undefined
  const rows = answer.records('versions')
  const width = Math.max(0, ...rows.map((row) => row.text('version').length))
  const lines = rows.map((row) => {
    const facts = [
      formatTime(row.count('publishedAt')),
      formatBytes(row.count('size')),
      ...row.texts('tags').map(style.good),
      ...(row.has('maintainer') ? [`by ${row.text('maintainer')}`] : []),
      ...(row.isTrue('isHere') ? ['here'] : []),
      ...standingOf(row).map(style.bad),
    ]
    return `  ${row.text('version').padEnd(width)}  ${facts.join(' · ')}`
  })
  return [`${style.name(answer.text('package'))} · ${formatPlural(rows.length, 'version')}`, ...lines].join('\n')
}

/** `audit`: what there is to see to, then what was accepted. */
export function renderAudit(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('audited')) return undefined
  const findings = answer.records('findings')
  const accepted = answer.records('accepted')
  const summary = `${formatPlural(answer.count('audited'), 'package')} of ${answer.text('lock')} looked at`
  const verdict = findings.length === 0 ? style.good('nothing found') : style.bad(`${formatPlural(findings.length, 'thing')} to see to`)
  return [
    `${summary} · ${verdict}`,
    ...findings.map((row) => `  ${style.bad(row.text('kind'))}  ${row.has('alias') ? `${row.text('alias')}: ` : ''}${row.text('message')}`),
    ...(accepted.length === 0 ? [] : [style.strong('accepted')]),
    ...accepted.map((row) => {
      const by = row.has('by') ? ` by ${row.text('by')}` : ''
      return `  ${row.text('kind')}  ${style.name(`${row.text('package')}@${row.text('version')}`)}${by} at ${row.text('at')}: ${row.text('reason')}`
    }),
  ].join('\n')
}

/** `info`: the package, what it asks for, who stands behind it. */
export function renderInfo(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('trust') || !answer.has('digest')) return undefined
  if (answer.text('asked') === 'mcp') return renderMcpBlock(output)
  const servers = namesOfServers(output)
  const trust = answer.record('trust')
  const lines: readonly (readonly [label: string, value: string])[] = [
    ['kind', [answer.text('kind'), answer.text('category'), ...answer.texts('keywords')].filter((text) => text !== '').join(', ')],
    ['licence', answer.text('licence')],
    ['authors', answer.texts('authors').join(', ')],
    ['home', [answer.text('homepage'), answer.text('repository')].filter((text) => text !== '').join(' · ')],
    ['versions', versionsOf(answer)],
    [
      'tags',
      answer
        .records('tags')
        .map((row) => `${row.text('tag')} ${row.text('version')}`)
        .join(', '),
    ],
    [
      'needs',
      answer
        .records('dependencies')
        .map((row) => `${row.text('name')}@${row.text('range')}`)
        .join(', '),
    ],
    ['comes without', unmetOf(answer)],
    ['asks for', permissionsOf(answer.record('permissions'))],
    ['works with', answer.record('details').text('compatibility').replaceAll('\n', ' ')],
    ['MCP', servers.length === 0 ? '' : `${servers.join(', ')}; --mcp prints it for an agent's configuration`],
    [
      'size',
      `${formatPlural(answer.count('files'), 'file')}, ${formatBytes(answer.count('size'))}${answer.isTrue('isHere') ? ' · here' : ''}`,
    ],
    ['published', formatTime(answer.count('publishedAt'))],
    ['seen here', formatTime(trust.count('firstSeenAt'))],
    ['owner', answer.has('handle') ? `@${answer.text('handle')}  ${style.faint(answer.text('owner'))}` : answer.text('owner')],
    ['by', answer.record('release').text('maintainer')],
    ['signed by', answer.record('release').text('node')],
    ['maintained', trust.texts('maintainers').join(', ')],
    ['handed on', trust.texts('transferredTo').join(' → ')],
    ['came from', trust.texts('receivedFrom').join(', ')],
    [
      'conflicts',
      answer.count('conflicts') === 0 ? '' : `published again with other bytes ${formatPlural(answer.count('conflicts'), 'time')}`,
    ],
    ['digest', answer.text('digest')],
  ]
  return [
    `${style.name(`${answer.text('package')}@${answer.text('version')}`)}  ${answer.text('description')}`,
    ...lines.filter(([, value]) => value !== '').map(([label, value]) => `  ${label.padEnd(10)}  ${value}`),
    ...trust.records('issues').map((row) => `${style.bad(row.text('severity'))}  ${row.text('message')}`),
  ].join('\n')
}

/** Needs that are named on one line. */
const maxUnmet = 10

function unmetOf(answer: Fields): string {
  const unmet = answer.records('unmet').map((row) => `${row.text('name')} ${row.text('range')}`)
  if (unmet.length === 0) return ''
  const more = unmet.length > maxUnmet ? ` and ${unmet.length - maxUnmet} more` : ''
  return `${unmet.slice(0, maxUnmet).join(', ')}${more}, which nobody here had when it was published`
}

/** Versions that fit on one line. */
const maxVersions = 10

function versionsOf(answer: Fields): string {
  const yanked = new Set(answer.texts('yankedVersions'))
  const versions = answer.texts('versions').map((version) => (yanked.has(version) ? `${version} (yanked)` : version))
  const rest = versions.length - maxVersions
  return `${versions.slice(0, maxVersions).join(', ')}${rest > 0 ? ` and ${formatPlural(rest, 'older one')}` : ''}`
}

function permissionsOf(permissions: Fields): string {
  return ['tools', 'commands', 'hosts', 'paths']
    .flatMap((kind) => (permissions.texts(kind).length === 0 ? [] : [`${kind} ${permissions.texts(kind).join(', ')}`]))
    .join(' · ')
}
