import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStyle } from '../screen.ts'
import { renderStatus } from './status.ts'

const style = createStyle({ isTerminal: false, columns: 80, write: () => {} }, { isColorOff: true })
const relayed = Array.from({ length: 9 }, (_, n) => `/ip4/198.51.100.${n}/tcp/4001/p2p/12D3KooWRelay/p2p-circuit/p2p/12D3KooWAda`)
const listen = [
  '/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWAda',
  ...relayed,
  '/ip6/::1/tcp/4001',
  '/ip6/2001:db8::7/tcp/4001',
  '/ip4/192.0.2.7/tcp/4001',
]
const status = { node: { peerId: '12D3KooWAda' }, listen, hints: [] }

function lineOf(text: string | undefined): string {
  return text?.split('\n').find((line) => line.startsWith('listening')) ?? ''
}

test('of many addresses the two that others most likely reach are shown, and how many more there are', () => {
  assert.equal(lineOf(renderStatus(status, style)), 'listening    /ip4/192.0.2.7/tcp/4001  /ip6/2001:db8::7/tcp/4001  and 11 more (-v)')
})

test('with -v every address stands on a line of its own', () => {
  const text = renderStatus(status, { ...style, isVerbose: true }) ?? ''
  for (const address of listen) assert.match(text, new RegExp(`^(?:listening)? +${address.replaceAll('.', '\\.')}$`, 'm'))
})

test('a node that listens nowhere says so', () => {
  assert.equal(lineOf(renderStatus({ ...status, listen: [] }, style)), 'listening    nowhere')
})
