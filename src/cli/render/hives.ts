import { abbreviate } from '../../lib/abbreviation.ts'
import type { Style } from '../screen.ts'
import { renderTable } from './generic.ts'
import { readFields } from './read.ts'
import { formatCount, formatPlural, formatTime } from './units.ts'

/** `hive invite`: the code alone on a line, to be copied, and what to do with it. */
export function renderInvite(output: unknown, style: Style): string | undefined {
  const invite = readFields(output)
  if (!invite.has('code')) return undefined
  return [
    `For hive ${style.strong(`"${invite.text('name')}"`)}, ${formatPlural(invite.count('uses'), 'use')}, until ${formatTime(invite.count('expiresAt'))}. On the other machine:`,
    '',
    `althing hive join ${invite.text('code')}`,
    '',
    style.faint(`Whoever has the code can join. It reaches this node at ${invite.texts('addresses').join(', ') || 'no address'}.`),
    ...(invite.has('hint') ? [`→ ${invite.text('hint')}`] : []),
  ].join('\n')
}

/** `hive members`: one line each, ourselves marked. */
export function renderMembers(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('members')) return undefined
  const rows = answer.records('members').map((member) => {
    const nodes = member.records('nodes')
    const connected = nodes.filter((node) => node.isTrue('isConnected')).length
    const marks = [member.isTrue('isSelf') ? 'you' : '', member.isTrue('isRoot') ? 'root' : '', member.isTrue('isRevoked') ? 'revoked' : '']
    return {
      member: `@${member.text('handle')}`,
      level: member.text('level'),
      roles: member.texts('roles').join(', '),
      nodes: nodes.map((node) => `${node.text('label')} ${abbreviate(node.text('node'))}`).join(', '),
      connected: member.isTrue('isSelf') ? '' : String(connected),
      note: marks.filter((mark) => mark !== '').join(', '),
      owner: abbreviate(member.text('owner')),
    }
  })
  const revoked = answer.records('members').filter((member) => member.isTrue('isRevoked')).length
  const count = `${formatPlural(rows.length - revoked, 'member')}${revoked === 0 ? '' : `, ${formatCount(revoked)} revoked`}`
  return [`${style.strong(`"${answer.text('name')}"`)} · ${count}`, ...renderTable(rows, style)].join('\n')
}

/** `hive list`: the current one marked. */
export function renderHives(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('hives')) return undefined
  const rows = answer.records('hives').map((hive) => ({
    hive: `${hive.isTrue('isCurrent') ? '* ' : '  '}${hive.text('name')}`,
    policy: hive.text('policy'),
    members: hive.text('members'),
    note: hive.isTrue('isRoot') ? 'you grant' : '',
    id: abbreviate(hive.text('id')),
  }))
  return rows.length === 0
    ? '→ in no hive yet: althing p2p start makes one, althing hive join CODE joins one'
    : renderTable(rows, style).join('\n')
}

/** `p2p peers`: who is connected, and how far away. */
export function renderPeers(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('peers')) return undefined
  const rows = answer.records('peers').map((peer) => ({
    peer: abbreviate(peer.text('peer')),
    machine: peer.has('label') ? `${peer.text('label')} of @${peer.text('handle')}` : '',
    member: peer.isTrue('admitted') ? 'yes' : 'not yet',
    'round trip': peer.has('latencyMs') ? `${peer.count('latencyMs').toFixed(1)} ms` : '',
    direction: peer.text('direction'),
    address: `${peer.text('address').replace(/\/p2p\/[^/]+$/, '')}${peer.isTrue('relayed') ? ' (relayed)' : ''}`,
  }))
  return rows.length === 0
    ? '→ nobody is connected. Bring somebody in with `althing hive invite`, or dial a node: `althing p2p bootstrap ADDR`'
    : renderTable(rows, style).join('\n')
}
