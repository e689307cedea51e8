import type { Style } from '../screen.ts'
import { readFields } from './read.ts'
import { formatBytes, formatCount, formatDuration, formatPlural } from './units.ts'

/** `p2p.status` in a few aligned lines. */
export function renderStatus(output: unknown, style: Style): string | undefined {
  const status = readFields(output)
  if (!status.has('node')) return undefined
  const [node, hive, connections] = [status.record('node'), status.record('hive'), status.record('connections')]
  const [dht, packages, journals, content] = [
    status.record('dht'),
    status.record('packages'),
    status.record('journals'),
    status.record('content'),
  ]
  const others = hive.count('others')
  const troubled = journals.count('troubled')
  const maxBytes = content.count('maxBytes')
  const rows: readonly (readonly [string, string])[] = [
    [
      'node',
      `${style.name(node.text('peerId'))} · ${status.isTrue('isRunning') ? style.good(`up ${formatDuration(status.count('uptimeMs'))}`) : style.faint('not running')}`,
    ],
    [
      'hive',
      status.has('hive')
        ? `${style.strong(`"${hive.text('name')}"`)} · ${hive.text('policy')} · ${formatPlural(hive.count('members'), 'member')}${others === 0 ? '' : ` · ${formatPlural(others, 'other hive')}`}`
        : 'none',
    ],
    ['listening', describeListening(status.texts('listen'), style)],
    ['connections', `${formatCount(connections.count('open'))} open · ${formatPlural(connections.count('admitted'), 'member')}`],
    ['DHT', `${dht.text('mode')} · ${formatPlural(dht.count('records'), 'record')}`],
    ['packages', `${formatCount(packages.count('local'))} local, ${formatCount(packages.count('discovered'))} discovered`],
    [
      'journals',
      `${formatPlural(journals.count('authors'), 'author')} · ${formatPlural(journals.count('entries'), 'entry', 'entries')} · ${formatBytes(journals.count('bytes'))}${troubled === 0 ? '' : style.bad(` · ${troubled} in trouble`)}`,
    ],
    [
      'content',
      `${formatPlural(content.count('items'), 'item')} · ${formatBytes(content.count('bytes'))}${maxBytes === 0 ? '' : ` of ${formatBytes(maxBytes)}`}`,
    ],
    ['home', `${status.text('home')}${status.has('http') ? ` · ${status.text('http')}` : ''}`],
  ]
  const width = Math.max(...rows.map(([label]) => label.length))
  const lines = rows.map(([label, text]) => `${style.faint(label.padEnd(width))}  ${text}`)
  return [...lines, ...status.texts('hints').map((hint) => `→ ${hint}`)].join('\n')
}

/** Addresses that are shown unless more is asked for. */
const maxShown = 2

/** Those that another machine is most likely to reach, whole, to be handed on; how many more there are, or with `-v` all. */
function describeListening(addresses: readonly string[], style: Style): string {
  if (addresses.length === 0) return 'nowhere'
  if (style.isVerbose === true) return addresses.join('\n             ')
  const best = addresses.toSorted((a, b) => reachOf(a) - reachOf(b)).slice(0, maxShown)
  const rest = addresses.length - best.length
  return `${best.join('  ')}${rest === 0 ? '' : style.faint(`  and ${rest} more (-v)`)}`
}

/** Less is reached from further away: names and addresses of networks, then by way of another node, then what is of this machine alone. */
function reachOf(address: string): number {
  if (/^\/(?:ip4\/127\.|ip6\/::1\/)/.test(address)) return 3
  if (address.includes('/p2p-circuit')) return 2
  return address.startsWith('/ip6/') ? 1 : 0
}
