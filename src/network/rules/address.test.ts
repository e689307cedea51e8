import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLoopback, judgeAddress } from './address.ts'

const peer = '12D3KooWRkZhiRhsqmrQ28rt73K7V3aCBpqKrLGSXmZ99PTcTZby'
const relay = '12D3KooWQjs9woN8k9c1nUhz7kD8unDUQg3QG9wh2yujQk6yH3er'

test('addresses that can be dialled are read with their peer and port', () => {
  const read = (text: string): unknown => {
    const { verdict, ...rest } = judgeAddress(text)
    return verdict === 'address' ? rest : verdict
  }
  assert.deepEqual(read(`/ip4/192.0.2.7/tcp/4001/p2p/${peer}`), { peer, port: 4001, isRelayed: false })
  assert.deepEqual(read('/ip6/::1/tcp/0'), { peer: undefined, port: 0, isRelayed: false })
  assert.deepEqual(read(`/dns4/ada.example/tcp/443/p2p/${relay}/p2p-circuit/p2p/${peer}`), { peer, port: 443, isRelayed: true })
  assert.deepEqual(read(`/p2p/${relay}/p2p-circuit`), { peer: undefined, port: undefined, isRelayed: true })
  assert.deepEqual(read('/dnsaddr/hive.example'), { peer: undefined, port: undefined, isRelayed: false })
})

test('what is no address is refused with the reason', () => {
  const reason = (text: string): string => {
    const judged = judgeAddress(text)
    return judged.verdict === 'invalid' ? judged.reason : 'none'
  }
  assert.equal(reason('127.0.0.1:4001'), 'it does not begin with "/"')
  assert.equal(reason(`/ip4/${'1'.repeat(600)}`), 'it has 605 characters, at most 512 are read')
  assert.equal(reason('/ip4/192.0.2.256/tcp/1'), '"192.0.2.256" is no IPv4 address')
  assert.equal(reason('/ip6/localhost/tcp/1'), '"localhost" is no IPv6 address')
  assert.equal(reason('/dns/a b/tcp/1'), '"a b" is no host name')
  assert.equal(reason('/ip4/192.0.2.7/tcp/65536'), '"65536" is no port')
  assert.equal(reason('/ip4/192.0.2.7/tcp/1/p2p/QmShort'), '"QmShort" is no peer id')
  assert.equal(reason('/ip4/192.0.2.7/tcp/1/ip4/192.0.2.8'), '"ip4" stands only at the beginning')
  assert.equal(reason('/ip4/192.0.2.7'), 'it has no port, /tcp/4001')
  assert.equal(reason(`/p2p/${relay}/p2p-circuit/p2p-circuit`), 'it has p2p-circuit twice')
  assert.match(reason('/ip4/192.0.2.7/udp/1/quic-v1'), /^"udp" is not spoken here/)
})

test('S29: any text is judged, and never thrown at', () => {
  fc.assert(fc.property(fc.string({ maxLength: 2000 }), (text) => ['address', 'invalid'].includes(judgeAddress(`/${text}`).verdict)))
})

test('an address that leads to this machine only is told from the others', () => {
  const addresses = ['/ip4/127.0.0.1/tcp/4001', '/ip6/::1/tcp/4001', '/ip4/192.0.2.7/tcp/4001', '/ip6/::10/tcp/4001']
  assert.deepEqual(addresses.map(isLoopback), [true, true, false, false])
})
