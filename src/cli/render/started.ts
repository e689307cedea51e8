import type { Style } from '../screen.ts'
import { readFields } from './read.ts'
import { formatPlural } from './units.ts'

/** The line of a node that has started, and what to do next. */
export function renderStarted(status: unknown, style: Style): string {
  const fields = readFields(status)
  const own = fields.texts('listen').filter((address) => !address.includes('/p2p-circuit'))
  const listen = own.map(shortAddress)
  const parts = [
    `node started on ${[...new Set(listen)].join(', ') || 'no address'}`,
    `peer id ${style.name(fields.record('node').text('peerId'))}`,
    `hive ${style.strong(`"${fields.record('hive').text('name')}"`)}`,
    `connected to ${formatPlural(fields.record('connections').count('bootstrap'), 'bootstrap peer')}`,
    `DHT mode: ${fields.record('dht').text('mode')}`,
  ]
  const hints = fields.texts('hints').map((hint) => `→ ${hint}`)
  return [parts.join(' · '), ...hints].join('\n')
}

/** `/ip4/0.0.0.0/tcp/4001/p2p/…` reads 0.0.0.0:4001. */
function shortAddress(address: string): string {
  const match = /^\/(ip4|ip6|dns4|dns6|dns)\/([^/]{1,253})\/tcp\/(\d{1,5})/.exec(address)
  if (match === null) return address
  return match[1] === 'ip6' ? `[${match[2]}]:${match[3]}` : `${match[2]}:${match[3]}`
}
