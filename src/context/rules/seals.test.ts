import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerId } from '../../identity/keys.ts'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import type { RecipientsRequest, SealRecipient } from './choose-recipients.ts'
import { chooseRecipients, isAnybody, isSealedTo, markRecipients, parseSealTarget } from './choose-recipients.ts'
import { formatSealMarks, isSealName, markOf, readSealMarks, withoutSealMarks } from './seal-marks.ts'

const [ada, bob, cy, eve] = ['ada', 'bob', 'cy', 'eve'].map(nodeOf)
assert.ok(ada !== undefined && bob !== undefined && cy !== undefined && eve !== undefined)
// rules only compare owners: names are enough
const [ownerOfBob, ownerOfCy, ownerOfEve] = ['bob', 'cy', 'eve'] as unknown as readonly [OwnerId, OwnerId, OwnerId]

function member(
  owner: OwnerId,
  {
    roles = [],
    node,
    revoked = false,
  }: { readonly roles?: readonly string[]; readonly node: typeof ada & string; readonly revoked?: boolean },
): RecipientsRequest['members'][number] {
  return { owner, roles, nodes: [{ node, label: owner }], revoked }
}

const keyed = (node: typeof ada & string, epoch = 1): SealRecipient => ({ node, epoch, recipient: `age1${node}` })

const members = [
  member(ownerOfBob, { roles: ['backend', 'qa'], node: bob }),
  member(ownerOfCy, { roles: ['backend'], node: cy }),
  member(ownerOfEve, { roles: ['backend'], node: eve, revoked: true }),
]

test('who holds a role or is named can open, and the writer; the revoked and those without a key cannot', () => {
  const keyOf = (node: string): SealRecipient | undefined => [keyed(ada), keyed(bob, 3), keyed(eve)].find((key) => key.node === node)
  const choose = (targets: RecipientsRequest['targets']) => chooseRecipients({ members, targets, writer: ada, keyOf })
  const backends = choose([{ role: 'backend' }])
  assert.deepEqual(new Set(backends.recipients.map(({ node }) => node)), new Set([ada, bob]))
  assert.deepEqual(backends.unreachable, [cy])
  assert.deepEqual(choose([{ role: 'devops' }, { owner: ownerOfEve }]), { recipients: [keyed(ada)], unreachable: [] })
  assert.deepEqual(choose([{ owner: ownerOfCy }]).unreachable, [cy])
  assert.deepEqual(choose([]), { recipients: [keyed(ada)], unreachable: [] })
  assert.equal(isAnybody({ members }, { role: 'qa' }), true)
  assert.equal(isAnybody({ members }, { owner: ownerOfEve }), false)
})

test('a target is a role by its name, or an owner by handle or id, and nothing else', () => {
  const find = (handle: string): OwnerId | undefined => (handle === 'bob' ? ownerOfBob : undefined)
  assert.deepEqual(parseSealTarget('role:backend', find), { role: 'backend' })
  assert.deepEqual(parseSealTarget('@bob', find), { owner: ownerOfBob })
  assert.deepEqual(parseSealTarget('bob', find), { owner: ownerOfBob })
  for (const text of ['role:', 'role:Backend', 'role:a b', '@eve', '', '@@bob', 'roles:backend'])
    assert.equal(parseSealTarget(text, find), undefined, text)
})

test('a version is sealed as it should be when exactly the keys of now are named, in any order', () => {
  const recipients = [keyed(ada), keyed(bob, 2)]
  const marks = markRecipients(recipients)
  assert.equal(isSealedTo(marks.toReversed(), recipients), true)
  assert.equal(isSealedTo(marks, [keyed(ada)]), false)
  assert.equal(isSealedTo(marks, [keyed(ada), keyed(bob, 3)]), false)
  assert.equal(isSealedTo(marks.slice(1), recipients), false)
})

const whole = {
  targets: ['role:backend', '@bob'],
  recipients: [
    { node: markOf(ada), epoch: 1 },
    { node: markOf(bob), epoch: 9_999 },
  ],
  epoch: 2,
  mediaType: 'text/markdown; charset=utf-8',
}

test('marks are read as they were written, whatever stands beside them', () => {
  const metadata = { ...formatSealMarks(whole), stage: 'draft' }
  const read = readSealMarks({ mediaType: 'application/vnd.age', metadata })
  assert.deepEqual({ ...read, recipients: new Set(read?.recipients) }, { ...whole, recipients: new Set(whole.recipients) })
  assert.deepEqual(withoutSealMarks(metadata), { stage: 'draft' })
  assert.deepEqual(
    [isSealName('sealed-for'), isSealName('sealed-anything'), isSealName('sealed'), isSealName('stage')],
    [true, true, false, false],
  )
})

test('a version whose marks are not whole is not sealed, as far as anybody can say', () => {
  const good = formatSealMarks(whole)
  const mediaType = 'application/vnd.age'
  assert.equal(readSealMarks({ mediaType: 'text/plain', metadata: good }), undefined)
  const wrong: readonly Readonly<Record<string, string>>[] = [
    {},
    { ...good, 'sealed-epoch': '0' },
    { ...good, 'sealed-epoch': '1e3' },
    { ...good, 'sealed-for': '' },
    { ...good, 'sealed-for': 'a  b' },
    { ...good, 'sealed-for': Array.from({ length: 33 }, () => 'x').join(' ') },
    { ...good, 'sealed-to': '' },
    { ...good, 'sealed-to': `${markOf(ada)}:10000` },
    { ...good, 'sealed-to': `${markOf(ada)}:0` },
    { ...good, 'sealed-to': 'short:1' },
    { ...good, 'sealed-to': Array.from({ length: 257 }, () => `${markOf(ada)}:1`).join(' ') },
    { ...good, 'sealed-type': 'nothing' },
  ]
  for (const metadata of wrong) assert.equal(readSealMarks({ mediaType, metadata }), undefined, JSON.stringify(metadata).slice(0, 200))
})

test('as many recipients as a version may have fit into one value of metadata', () => {
  const recipients = Array.from({ length: 256 }, () => ({ node: '1234567890', epoch: 9_999 }))
  assert.ok((formatSealMarks({ ...whole, recipients })['sealed-to'] ?? '').length <= 4_096)
})
