import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from '../../catalog.ts'
import { render } from './render.ts'

const same = (text: string): string => text
const plain = { strong: same, faint: same, good: same, bad: same, name: same }
const node = '12D3KooWRkZhiRhsqmrQ28rt73K7V3aCBpqKrLGSXmZ99PTcTZby'
const at = Date.UTC(2026, 10, 21, 10, 5)
const hive = {
  id: 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
  name: 'workshop',
  policy: 'closed',
  isCurrent: true,
  isRoot: true,
  members: 2,
  joinedAt: at,
}

/** Answers of commands, with the first line a person reads. */
const answers: readonly (readonly [name: string, output: unknown, first: RegExp])[] = [
  ['hive.create', hive, /^made hive "workshop", which commands mean from now on$/],
  ['hive.join', { ...hive, handle: 'bob' }, /^joined hive "workshop" as @bob/],
  ['hive.use', hive, /^commands mean hive "workshop" from now on$/],
  ['hive.leave', { id: hive.id, name: 'workshop', current: null }, /^left hive "workshop"/],
  ['hive.grant', { handle: 'bob', level: 'decision', roles: ['backend'] }, /^@bob is granted: decision, roles backend$/],
  ['hive.revoke', { subject: node, named: '@bob', last: [{ node, incarnation: 1, seq: 7 }] }, new RegExp(`^revoked @bob · ${node}$`)],
  ['hive.root', { node, isPending: true }, /^the root is handed to .*hive root accept/],
  ['owner.show', { owner: 'z6MkAda', isKeyHere: true, label: 'desk', node }, /^owner z6MkAda$/],
  ['owner.export', { owner: 'z6MkAda', file: '/home/ada/owner.age' }, /^the key of owner z6MkAda is in \/home\/ada\/owner\.age/],
  ['owner.import', { owner: 'z6MkAda', previousOwner: 'z6MkBob' }, /^this machine belongs to owner z6MkAda now/],
  ['owner.rotate', { owner: 'z6MkAda', previousOwner: 'z6MkBob', askAgain: ['workshop'] }, /^the owner key is a new one: z6MkAda$/],
  ['node.show', { node, owner: 'z6MkAda', label: 'desk', agents: [], roles: [], serial: 1, notBefore: at, notAfter: null }, /"desk"$/],
  [
    'node.certify',
    { node, label: 'desk', agents: ['ada-claude'], roles: [], serial: 2 },
    /^this node is certified anew: "desk", agents ada-claude$/,
  ],
  [
    'node.enroll',
    { code: 'althing-x', name: 'workshop', expiresAt: at },
    /^For one machine of yours, into hive "workshop", until 2026-11-21 10:05 UTC/,
  ],
  [
    'node.accept',
    { owner: 'z6MkAda', previousOwner: 'z6MkBob', label: 'desk', name: 'workshop' },
    /^this machine, "desk", belongs to owner z6MkAda/,
  ],
  ['node.revoke', { node, hives: ['workshop'] }, new RegExp(`^revoked ${node} in workshop$`)],
  [
    'backup.create',
    { target: '/mnt/b', databaseBytes: 4096, blocks: 2, blobBytes: 2048, includesKeys: false },
    /^backed up to \/mnt\/b: 2 blocks, 2\.0 KiB/,
  ],
  [
    'backup.restore',
    { home: '/home/ada/r', databaseBytes: 4096, blocks: 2, lostBlocks: 0, includesKeys: true },
    /^restored to \/home\/ada\/r: 2 blocks/,
  ],
  [
    'p2p.bootstrap',
    { results: [{ address: '/ip4/192.0.2.7/tcp/1', error: 'nothing listens there' }], connected: 0 },
    /^not reached \/ip4\/192\.0\.2\.7\/tcp\/1: nothing listens there$/,
  ],
  ['p2p.peer', { peer: node, label: 'laptop', handle: 'bob', topics: [], knownAddresses: [] }, new RegExp(`^${node} · "laptop" of @bob$`)],
  [
    'store.optimize',
    { examinedBlocks: 3, compressedBlocks: 1, corruptBlocks: 0, bytesBefore: 4096, bytesAfter: 2048 },
    /^1 block compressed of 3 uncompressed ones · 4\.0 KiB on disk before, 2\.0 KiB now$/,
  ],
]

for (const [name, output, first] of answers) {
  test(`the answer of ${name} is a sentence, and times in it are for people`, () => {
    const text = render(name, output, plain)
    assert.match(text.split('\n')[0] ?? '', first)
    assert.doesNotMatch(text, /\b1[67]\d{11}\b/)
    assert.ok(catalog.some((operation) => operation.name === name))
  })
}

test('members and peers show what names them: the label and a short id of each machine', () => {
  const member = { owner: 'z6MkgYGF3thn8k1Fv4p4dWXKtsXCnLH7q9yw4QgNPULDmDKB', handle: 'bob', level: 'decision', roles: [], isSelf: false }
  const members = { name: 'workshop', members: [{ ...member, nodes: [{ node, label: 'laptop', isConnected: true }] }] }
  assert.match(render('hive.members', members, plain), /laptop 12D3KooWRkZhiR /)
  const peers = {
    peers: [{ peer: node, label: 'laptop', handle: 'bob', admitted: true, direction: 'inbound', address: '/ip4/192.0.2.7/tcp/9' }],
  }
  assert.match(render('p2p.peers', peers, plain), /12D3KooWRkZhiR {2}laptop of @bob/)
})

test('a description that is too long ends in an ellipsis, and not within a character', () => {
  const found = (description: string) =>
    render('p2p.search', { packages: [{ package: '@ada/x', version: '1.0.0', kind: 'skill', description }] }, plain)
  assert.match(found('word '.repeat(40)), / word…$/)
  assert.ok(found(`${'a'.repeat(118)}😀😀`).endsWith('a…'))
  assert.ok(found('short').endsWith('  short'))
})

test('members who were revoked are counted apart', () => {
  const [ada, eve] = [{ handle: 'ada' }, { handle: 'eve', isRevoked: true }]
  assert.match(render('hive.members', { name: 'workshop', members: [ada, eve] }, plain), /^"workshop" · 1 member, 1 revoked\n/)
  assert.match(render('hive.members', { name: 'workshop', members: [ada] }, plain), /^"workshop" · 1 member\n/)
})

test('who restores without keys is told what to do before the first start', () => {
  const text = render('backup.restore', { home: '/home/ada/r', databaseBytes: 1, blocks: 1, lostBlocks: 0, includesKeys: false }, plain)
  assert.match(
    text,
    /→ no keys came with it: before the first start .*`althing owner import FILE --passphrase-file FILE --home \/home\/ada\/r`/,
  )
})
