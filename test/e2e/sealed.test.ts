import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Member } from '../faults/member.ts'
import { openMember, untilAll } from '../faults/member.ts'
import type { Answer } from './machine.ts'
import { enter, number, openVillage, scramble, text } from './machine.ts'

const access = 'ucxl://ada-claude:dev@shop:cart-42/*^/access.bin'
const own = 'ucxl://ada-claude:dev@shop:cart-42/*^/own.bin'
const notes = 'ucxl://ada-claude:dev@shop:cart-42/*^/notes.bin'
/** Bytes that no compression hides. */
const canary = Buffer.from(scramble(48))
const plain = canary.toReversed()

/** Files below a folder in which bytes occur, as they are or as text that stands for them. */
function filesWith(folder: string, bytes: Uint8Array): readonly string[] {
  const buffer = Buffer.from(bytes)
  // base64 by threes: each of its three alignments has a middle that is the same whatever stands around
  const encoded = [0, 1, 2].map((skip) => buffer.subarray(skip, skip + 45).toString('base64'))
  const forms = [buffer, buffer.toString('hex'), ...encoded]
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => {
      const found = readFileSync(path)
      return forms.some((form) => found.includes(form))
    })
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.catch((error: unknown) => error)
  assert.ok(outcome instanceof Error && 'code' in outcome, 'it was done')
  return String(outcome.code)
}

const newest = async (member: Member): Promise<number> =>
  number(await member.call('context.versions', { address: access }), 'items', '0', 'version')

test('S28, S10: what ada seals for backends bob reads, and nothing else of hers; no home and no log has it; who is revoked is sealed out', async (t) => {
  const village = openVillage(t, { ALTHING_CONTEXT_RESEAL_DELAY_MS: '200', ALTHING_LOG_LEVEL: 'debug' })
  const machines = ['ada', 'bob'].map((name) => village.settle(name))
  const [first, second] = machines
  assert.ok(first !== undefined && second !== undefined)
  await first.ask('hive', 'create', 'shop', '--handle', 'ada')
  await first.ask('node', 'certify', '--agent', 'ada-claude')
  const ada = await openMember(village, first, await first.start())
  const bob = await openMember(village, second, await enter(first, second))
  await ada.call('hive.grant', { member: '@bob', role: ['backend'] })

  const file = join(village.root, 'access.bin')
  writeFileSync(file, plain)
  await ada.call('context.put', { address: notes, file })
  await untilAll(
    [ada],
    async () => number(await ada.call('context.status'), 'seals', 'keys'),
    (keys) => keys === 2,
  )

  writeFileSync(file, canary)
  const put = await ada.ask('context', 'put', access, file, '--for', 'role:backend', '--replicas', '2')
  assert.deepEqual(put['sealed'], { recipients: 2, unreachable: [] })
  await untilAll(
    [bob],
    async (member) => newest(member).catch(() => 0),
    (version) => version === 1,
  )
  const read = await bob.run(['context', 'get', access, '--out', join(village.root, 'read.bin')])
  assert.equal(read.code, 0, read.stderr)
  assert.deepEqual(readFileSync(join(village.root, 'read.bin')), canary)
  await ada.call('context.put', { address: own, file, for: ['@ada'] })
  rmSync(file)
  await untilAll(
    [bob],
    async () => faultOf(bob.call('context.get', { address: own })),
    (code) => code === 'CONTEXT_SEALED',
  )

  await ada.call('hive.revoke', { subject: '@bob' })
  await untilAll([ada], newest, (version) => version === 2)
  const resealed: Answer = await ada.call('context.get', { address: access })
  assert.equal(Buffer.from(text(resealed, 'content'), 'base64').compare(canary), 0)
  assert.equal(text(resealed, 'metadata', 'sealed-to'), `${ada.peer.slice(-10)}:1`)
  assert.equal(number(await ada.call('context.status'), 'seals', 'outdated'), 0)

  const ended = await Promise.all(machines.map((machine) => machine.end('SIGTERM')))
  for (const machine of machines) {
    assert.deepEqual(filesWith(machine.home, canary), [], machine.name)
    assert.notDeepEqual(filesWith(machine.home, plain), [], `the scan finds nothing in ${machine.name}`)
  }
  for (const { stdout, stderr } of ended) assert.equal(`${stdout}${stderr}`.includes(canary.toString('base64').slice(0, 40)), false)
})
