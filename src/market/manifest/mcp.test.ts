import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeText } from '../../lib/bytes.ts'
import { hashBytes } from '../../lib/cid.ts'
import { decodeCanonical, encodeCanonical } from '../../lib/canonical.ts'
import { encodeFileList, readDetails } from '../file-list.ts'
import type { ManifestDetails } from './details.ts'
import { noDetails, parseDetailsRecord } from './details.ts'
import type { McpServer } from './mcp.ts'
import { formatMcpConfiguration, isAskedFor } from './mcp.ts'

const local: McpServer = {
  name: 'db',
  command: 'node',
  args: ['${package}/server.mjs', '${package}'],
  url: null,
  env: [
    { name: 'API_KEY', value: null },
    { name: 'HOME_DIR', value: '${package}/home' },
  ],
}
const remote: McpServer = { name: 'far', command: null, args: [], url: 'https://example.org/mcp', env: [] }
const details: ManifestDetails = {
  compatibility: 'ggen >=3',
  mcpServers: [local, remote],
  tables: [{ name: 'templates', json: '{"a":1}' }],
}
const files = [{ path: 'a', size: 1, isExecutable: false, digest: new Uint8Array(32) }]

test('an agent is told the command with the folder of the package, and the variables the user has to set', () => {
  assert.deepEqual(formatMcpConfiguration([local, remote], "/home/$&/it's"), {
    mcpServers: {
      db: {
        command: 'node',
        args: ["/home/$&/it's/server.mjs", "/home/$&/it's"],
        env: { API_KEY: '${API_KEY}', HOME_DIR: "/home/$&/it's/home" },
      },
      far: { type: 'http', url: 'https://example.org/mcp' },
    },
  })
  assert.deepEqual(formatMcpConfiguration([local]).mcpServers['db']?.args, ['${package}/server.mjs', '${package}'])
})

test('details travel with the list of files and come back; a list without them has the bytes it always had', () => {
  assert.deepEqual(readDetails(encodeFileList(files, details)), details)
  assert.deepEqual(readDetails(encodeFileList(files)), noDetails)
  assert.deepEqual(encodeFileList(files), encodeCanonical({ v: 1, files }))
  assert.deepEqual(encodeFileList(files, noDetails), encodeCanonical({ v: 1, files }))
})

test('a list with details is the bytes that docs/protocols/market.md says', () => {
  const list = encodeFileList([{ path: 'a.txt', size: 6, isExecutable: false, digest: hashBytes(encodeText('hello\n')) }], {
    compatibility: 'ggen >=3.0.0',
    mcpServers: [{ name: 'db', command: 'node', args: ['${package}/server.mjs'], url: null, env: [{ name: 'API_KEY', value: null }] }],
    tables: [{ name: 'templates', json: '{"path":"t"}' }],
  })
  assert.equal(list.byteLength, 255)
  assert.equal(Buffer.from(hashBytes(list)).toString('hex'), '0e0df95da7feee3ce219c11ad8121acf036cba63cf14ea4fd16644762ea0f817')
})

test('F34: a list of a later version with other details is read as one without; what is no list is none', () => {
  assert.deepEqual(readDetails(encodeCanonical({ v: 1, files, details: { ...details, more: 1 } })), noDetails)
  assert.deepEqual(readDetails(encodeCanonical({ v: 1, files, more: 1 })), noDetails)
  assert.equal(readDetails(encodeCanonical({ v: 2, files })), undefined)
  assert.equal(readDetails(Uint8Array.of(0xff)), undefined)
  assert.equal(readDetails(encodeCanonical([1])), undefined)
})

test('S30: details from a peer that are out of bounds, or play tricks, are none', () => {
  const server = { ...local }
  const bad: readonly unknown[] = [
    { ...details, compatibility: 'x'.repeat(501) },
    { ...details, compatibility: '\u001b[2J' },
    { ...details, mcpServers: Array.from({ length: 17 }, () => server) },
    { ...details, mcpServers: [{ ...server, command: null }] },
    { ...details, mcpServers: [{ ...server, url: 'https://both' }] },
    { ...details, mcpServers: [{ ...server, name: '__proto__' }] },
    { ...details, mcpServers: [{ ...server, name: 'a\u202eb' }] },
    { ...details, mcpServers: [{ ...server, args: ['\u001b[2J'] }] },
    { ...details, mcpServers: [{ ...server, args: Array.from({ length: 65 }, () => 'x') }] },
    { ...details, mcpServers: [{ ...server, env: [{ name: 'A=B', value: null }] }] },
    { ...details, mcpServers: [{ ...server, env: [{ name: 'A', value: 'x'.repeat(513) }] }] },
    { ...details, mcpServers: [{ ...remote, url: 'javascript:alert(1)' }] },
    { ...details, tables: [{ name: 'x', json: '{"a":' }] },
    { ...details, tables: [{ name: 'x', json: '1' }] },
    { ...details, tables: [{ name: 'x', json: `"${'x'.repeat(20_000)}"` }] },
    { ...details, tables: Array.from({ length: 17 }, () => ({ name: 'x', json: '{}' })) },
    [],
    null,
  ]
  assert.deepEqual(parseDetailsRecord(decodeCanonical(encodeCanonical(details), { maxBytes: 10_000 })?.value), details)
  for (const value of bad) assert.equal(parseDetailsRecord(value), undefined, JSON.stringify(value).slice(0, 200))
})

test('S15: a server is asked for when its whole command line and its host are among the permissions that were signed', () => {
  const near = { name: 'demo', command: 'node', args: ['a.mjs'], url: null, env: [] }
  const far = { name: 'far', command: null, args: [], url: 'https://example.org/mcp', env: [] }
  assert.equal(isAskedFor(near, { commands: ['node a.mjs'], hosts: [] }), true)
  assert.equal(isAskedFor(near, { commands: ['node'], hosts: [] }), false)
  assert.equal(isAskedFor(far, { commands: [], hosts: ['example.org'] }), true)
  assert.equal(isAskedFor(far, { commands: ['node a.mjs'], hosts: ['example.com'] }), false)
})
