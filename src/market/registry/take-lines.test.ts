import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseCertificate, signCertificate } from '../../identity/certificate.ts'
import { createGenesis } from '../../hive/genesis.ts'
import { certificateKind, formatDocumentBody } from '../../hive/membership-view.ts'
import { formatBody, signEntry } from '../../journal/codec.ts'
import { keyOf, nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { nameOf } from '../testing/records.ts'
import { adasHive, openRegistryWorld } from '../testing/registry-world.ts'
import { ownerOf } from '../testing/stand.ts'
import { formatLine, parseLine } from './line.ts'
import { insertRegistry, listCertificates } from './registry-table.ts'
import { judgeLines, judgeMembers, takeLines } from './take-lines.ts'

const other = createGenesis({ ...adasHive.genesis, nonce: new Uint8Array(16).fill(8) })
const nothing = { lines: [], refused: 1 }

test('S8: a line counts for its own hive and its own name only', async (t) => {
  const { folder } = await openRegistryWorld(t)
  const lines = await readFile(join(folder, 'index/ax/um/axum'), 'utf8')
  assert.equal(judgeLines(lines, { genesis: adasHive }, nameOf('axum')).lines.length, 1)
  assert.deepEqual(judgeLines(lines, { genesis: other }, nameOf('axum')), nothing)
  assert.deepEqual(judgeLines(lines, { genesis: undefined }, nameOf('axum')), nothing)
  assert.deepEqual(judgeLines(lines, { genesis: adasHive }, nameOf('tokio')), nothing)
})

test('S8: what is said of members counts for its own hive only, and a release is not said of members', async (t) => {
  const { folder } = await openRegistryWorld(t)
  const members = await readFile(join(folder, 'members.jsonl'), 'utf8')
  const { lines, refused } = judgeMembers(members, { genesis: adasHive })
  assert.ok(lines.length > 0)
  assert.equal(refused, 0)
  assert.deepEqual(judgeMembers(members, { genesis: other }), { lines: [], refused: lines.length })
  assert.deepEqual(judgeMembers(await readFile(join(folder, 'index/ax/um/axum'), 'utf8'), { genesis: adasHive }), nothing)
})

test('S8: a line with the certificate of another node, or in another spelling of its bytes, is none', async (t) => {
  const { folder } = await openRegistryWorld(t)
  const text = (await readFile(join(folder, 'index/ax/um/axum'), 'utf8')).trimEnd()
  const parsed = parseLine(text)
  assert.ok(parsed !== undefined)
  const { bytes } = signCertificate(keyOf('owner of ada'), { ...certificateOf(parsed), node: nodeOf('eve') })
  const certificate = parseCertificate(bytes)
  assert.ok(certificate !== undefined)
  assert.equal(parseLine(formatLine({ ...parsed, certificate })), undefined)
  assert.equal(parseLine(text.replace(/"header":"(.{8})/, '"header":"$1 ')), undefined)
  assert.equal(parseLine(`${text.slice(0, -1)},"more":"${'x'.repeat(200_000)}"}`), undefined)
})

test('S8: only a node’s own journal introduces it: a certificate of somebody else in it is kept by nobody', async (t) => {
  const { folder, bob } = await openRegistryWorld(t)
  const { lines } = judgeMembers(await readFile(join(folder, 'members.jsonl'), 'utf8'), { genesis: adasHive })
  const fields = { label: 'stolen', agents: [], roles: [], notBefore: 0, notAfter: undefined, serial: 9 }
  const { bytes } = signCertificate(keyOf('owner of eve'), { node: nodeOf('ada'), ...fields })
  const body = formatBody(formatDocumentBody(bytes))
  const header = { hive: adasHive.id, incarnation: 1, seq: 1, prev: null, kind: certificateKind, at: 1_790_000_000_000 }
  const entry = signEntry(keyOf('eve'), { ...header, bodyCid: body.cid, bodySize: body.bytes.byteLength }, body.bytes)
  const said = { name: 'office', url: 'https://a.example', isPrivate: false, genesis: adasHive, now: 0, viewVersion: 0 }
  const kept = await bob.database.write((tx) => {
    const row = insertRegistry(tx, said)
    takeLines(tx, row, { name: '', lines: [...lines, { entry, certificate: undefined }] })
    return listCertificates(tx, row.id)
  })
  assert.deepEqual([...kept.keys()], [nodeOf('ada')])
  assert.deepEqual(
    [...kept.values()].flat().map(({ certificate }) => [certificate.owner, certificate.serial]),
    [[ownerOf('ada'), 1]],
  )
})

function certificateOf({ certificate }: NonNullable<ReturnType<typeof parseLine>>) {
  return certificate?.certificate ?? assert.fail('a line of an export has a certificate')
}
