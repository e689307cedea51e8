import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { createIdentityHandlers } from './handlers.ts'
import type { KeyStore } from './key-store.ts'
import { parsePeerId } from './keys.ts'
import { openKeyStore, openMemoryKeyStore } from './key-store.ts'

const passphrase = 'correct horse battery staple'

async function makeHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'althing-keys-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  return home
}

function open(home: string, seed = 1): Promise<KeyStore> {
  const clock = createVirtualClock({ startsAt: 1_767_225_600_000 })
  return openKeyStore({ clock, chance: createSeededChance(seed) }, { directory: join(home, 'keys'), label: 'workbench', scryptLogN: 10 })
}

test('a first start makes keys and a certificate that only their user can read, and a second start finds them', async (t) => {
  const home = await makeHome(t)
  const first = await open(home)
  const second = await open(home, 2)
  assert.equal(second.nodeId, first.nodeId)
  assert.equal(second.ownerId(), first.ownerId())
  assert.deepEqual(second.certificate(), first.certificate())
  assert.equal(first.certificate().certificate.label, 'workbench')
  const modes = new Map<string, number>()
  for (const name of await readdir(join(home, 'keys'))) modes.set(name, (await stat(join(home, 'keys', name))).mode & 0o777)
  assert.deepEqual(
    Object.fromEntries(modes),
    Object.fromEntries([
      ['node.cert', 0o600],
      ['node.key', 0o600],
      ['owner.key', 0o600],
    ]),
  )
  assert.equal((await stat(join(home, 'keys'))).mode & 0o777, 0o700)
})

test('loosened permissions of a file or of the directory are refused with the command that mends them', async (t) => {
  const home = await makeHome(t)
  await open(home)
  await chmod(join(home, 'keys', 'node.key'), 0o644)
  await assert.rejects(open(home), { code: 'KEY_EXPOSED', message: /0644.*chmod 0600 .*node\.key/ })
  await chmod(join(home, 'keys', 'node.key'), 0o600)
  await chmod(join(home, 'keys'), 0o750)
  await assert.rejects(open(home), { code: 'KEY_EXPOSED', message: /chmod 0700/ })
})

test('F8: a flipped character in a key file is found at the next start', async (t) => {
  const home = await makeHome(t)
  await open(home)
  const path = join(home, 'keys', 'owner.key')
  const text = await readFile(path, 'utf8')
  const at = text.indexOf(' ') + 5
  await writeFile(path, `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`, { mode: 0o600 })
  await assert.rejects(open(home), { code: 'KEY_CORRUPT', message: /owner\.key is damaged/ })
})

test('a node key that is gone while its certificate is here is an error, not a new beginning', async (t) => {
  const home = await makeHome(t)
  await open(home)
  await unlink(join(home, 'keys', 'node.key'))
  await assert.rejects(open(home), { code: 'KEY_CORRUPT' })
})

test('a certificate of another node beside the key is refused', async (t) => {
  const [home, other] = [await makeHome(t), await makeHome(t)]
  await open(home)
  await open(other, 9)
  await rename(join(other, 'keys', 'node.cert'), join(home, 'keys', 'node.cert'))
  await assert.rejects(open(home), { code: 'KEY_CORRUPT', message: /node\.cert/ })
})

test('without the owner key a node goes on, and says where it is needed when asked to certify', async (t) => {
  const home = await makeHome(t)
  const before = await open(home)
  await unlink(join(home, 'keys', 'owner.key'))
  const keys = await open(home)
  assert.equal(keys.owner(), undefined)
  assert.equal(keys.ownerId(), before.ownerId())
  await assert.rejects(keys.renew({ label: 'other' }), { code: 'OWNER_KEY_ABSENT', message: /althing owner import/ })
  await assert.rejects(keys.rotateOwner(), { code: 'OWNER_KEY_ABSENT' })
})

test('an exported owner key comes back with its passphrase, and with no other', async (t) => {
  const home = await makeHome(t)
  const [ada, bob] = [
    await open(home),
    await openMemoryKeyStore(
      { clock: createVirtualClock({ startsAt: 5 }), chance: createSeededChance(5) },
      { label: 'bob', scryptLogN: 10 },
    ),
  ]
  const exported = await ada.exportOwner(passphrase)
  assert.match(exported, /^-----BEGIN AGE ENCRYPTED FILE-----/)
  await assert.rejects(bob.importOwner(exported, `${passphrase}!`), { code: 'OWNER_EXPORT_INVALID' })
  await assert.rejects(bob.importOwner('nothing of the sort', passphrase), { code: 'OWNER_EXPORT_INVALID' })
  await assert.rejects(ada.exportOwner('short'), { code: 'PASSPHRASE_WEAK' })
  const serial = bob.certificate().certificate.serial
  const signed = await bob.importOwner(exported, passphrase)
  assert.equal(bob.ownerId(), ada.ownerId())
  assert.equal(signed.certificate.serial, serial + 1)
})

test('a rotated owner has a new key, and the old one stays on disk under its name', async (t) => {
  const home = await makeHome(t)
  const keys = await open(home)
  const before = keys.ownerId()
  await keys.rotateOwner()
  assert.notEqual(keys.ownerId(), before)
  assert.ok((await readdir(join(home, 'keys'))).includes(`owner-${before}.key`))
  assert.equal((await open(home)).ownerId(), keys.ownerId())
})

test('F1: a change of owner cut short at any step is taken back or finished by the next start', async (t) => {
  const home = await makeHome(t)
  const keys = await open(home)
  const before = keys.ownerId()
  const directory = join(home, 'keys')
  const certificate = await readFile(join(directory, 'node.cert'))
  await keys.rotateOwner()
  const after = keys.ownerId()
  const newKey = await readFile(join(directory, 'owner.key'))
  // killed after the new key was written, before the certificate
  await writeFile(join(directory, 'node.cert'), certificate, { mode: 0o600 })
  const finished = await open(home)
  assert.equal(finished.ownerId(), after)
  // killed after the old key was set aside, before the new one was written
  await writeFile(join(directory, 'node.cert'), certificate, { mode: 0o600 })
  await unlink(join(directory, 'owner.key'))
  const takenBack = await open(home)
  assert.equal(takenBack.ownerId(), before)
  assert.notEqual(takenBack.owner(), undefined)
  assert.ok(newKey.byteLength > 0)
  // and the key stands where the next change looks for it
  await takenBack.rotateOwner()
  assert.notEqual((await open(home)).ownerId(), before)
})

test('F5: a change of owner that finds no space leaves the owner key in its place and in use', async (t) => {
  const home = await makeHome(t)
  const keys = await open(home)
  const before = keys.ownerId()
  // a folder where the temporary file goes stops the write as a full disk does
  await mkdir(join(home, 'keys', 'owner.key.new'))
  await writeFile(join(home, 'keys', 'owner.key.new', 'x'), '')
  await assert.rejects(keys.rotateOwner(), { code: 'KEY_UNWRITABLE' })
  assert.equal(keys.ownerId(), before)
  assert.notEqual(keys.owner(), undefined)
  await rm(join(home, 'keys', 'owner.key.new'), { recursive: true })
  await keys.rotateOwner()
  assert.notEqual(keys.ownerId(), before)
})

test('F1: a temporary file left by a kill does not keep the next write from working', async (t) => {
  const home = await makeHome(t)
  const keys = await open(home)
  await writeFile(join(home, 'keys', 'node.cert.new'), 'half', { mode: 0o600 })
  await keys.renew({ agents: ['ada-claude'] })
  assert.deepEqual((await open(home)).certificate().certificate.agents, ['ada-claude'])
})

test('a certificate by another owner is adopted for this node only, and the own owner key set aside', async (t) => {
  const home = await makeHome(t)
  const keys = await open(home)
  const ada = await openMemoryKeyStore(
    { clock: createVirtualClock({ startsAt: 5 }), chance: createSeededChance(5) },
    { label: 'ada', scryptLogN: 10 },
  )
  const request = { label: 'workbench', agents: [], roles: [], lastSerial: 1 }
  await assert.rejects(keys.adopt(ada.certify({ ...request, node: ada.nodeId }).bytes), { code: 'CERTIFICATE_INVALID' })
  const own = keys.ownerId()
  await keys.adopt(ada.certify({ ...request, node: keys.nodeId }).bytes)
  assert.equal(keys.ownerId(), ada.ownerId())
  assert.equal(keys.owner(), undefined)
  const again = await open(home)
  assert.equal(again.ownerId(), ada.ownerId())
  assert.equal(again.owner(), undefined)
  assert.ok((await readdir(join(home, 'keys'))).includes(`owner-${own}.key`))
})

const noEnrollment = {
  publishCertificate: async () => [],
  refuseTaken: (agents: readonly string[]) => assert.ok(!agents.includes('bob-claude'), 'a name of bob'),
  enroll: () => Promise.reject(new Error('not here')),
  accept: () => Promise.reject(new Error('not here')),
  findOwnNode: (wanted: string) => parsePeerId(wanted) ?? assert.fail('not here'),
  revoke: async () => ['workshop'],
}
const nothing = { agent: [], without: [], role: [], withoutRole: [] }
const context = { signal: new AbortController().signal, hive: undefined, report: () => undefined }

test('owner export and import go through files, with the passphrase from a file of its own', async (t) => {
  const home = await makeHome(t)
  const keys = await open(home)
  const handlers = createIdentityHandlers({ keys, enrollment: noEnrollment })
  const [file, words] = [join(home, 'owner.age'), join(home, 'words.txt')]
  await writeFile(words, `${passphrase}\nnotes\n`)
  const input = { file, 'passphrase-file': words }
  assert.deepEqual(await handlers['owner.export'](input, context), { owner: keys.ownerId(), file })
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  await assert.rejects(handlers['owner.export'](input, context), { code: 'IDENTITY_FILE_INVALID' })
  const imported = await handlers['owner.import'](input, context)
  assert.deepEqual(imported, { owner: keys.ownerId(), previousOwner: keys.ownerId() })
  await assert.rejects(handlers['owner.import']({ file: home, 'passphrase-file': words }, context), { code: 'IDENTITY_FILE_INVALID' })
})

test('a node does not revoke itself, and a role that is no name is refused', async (t) => {
  const home = await makeHome(t)
  const keys = await open(home)
  const handlers = createIdentityHandlers({ keys, enrollment: noEnrollment })
  await assert.rejects(handlers['node.revoke']({ node: keys.nodeId, after: undefined }, context), { code: 'CERTIFICATE_INVALID' })
  const certified = await handlers['node.certify']({ ...nothing, agent: ['ada-claude'] }, context)
  assert.deepEqual(certified.agents, ['ada-claude'])
  await assert.rejects(handlers['node.certify']({ ...nothing, agent: ['Ada!'] }, context), { code: 'NAME_INVALID' })
  assert.equal((await handlers['node.show']({}, context)).serial, 2)
  assert.equal((await handlers['owner.show']({}, context)).isKeyHere, true)
})

test('a certificate is given names and keeps those it had; names are taken away one by one, and a refused change changes nothing', async (t) => {
  const keys = await open(await makeHome(t))
  const handlers = createIdentityHandlers({ keys, enrollment: noEnrollment })
  const certify = (input: Partial<Parameters<(typeof handlers)['node.certify']>[0]>): ReturnType<(typeof handlers)['node.certify']> =>
    handlers['node.certify']({ ...nothing, ...input }, context)
  await certify({ agent: ['ada-claude'], role: ['backend'] })
  const [more, other] = await Promise.all([certify({ agent: ['ada-gpt'] }), certify({ agent: ['ada-llama', 'ada-claude'], label: 'desk' })])
  assert.deepEqual(
    [more.agents, other.agents],
    [
      ['ada-claude', 'ada-gpt'],
      ['ada-claude', 'ada-gpt', 'ada-llama'],
    ],
  )
  assert.deepEqual([other.roles, other.label], [['backend'], 'desk'])
  await assert.rejects(certify({ agent: ['ada-x', 'bob-claude'] }), /a name of bob/)
  await assert.rejects(certify({ without: ['ada-nobody'] }), { code: 'NAME_INVALID', message: /it has ada-claude, ada-gpt, ada-llama$/ })
  const many = Array.from({ length: 30 }, (_, index) => `ada-${index}`)
  await assert.rejects(certify({ agent: many }), { code: 'CERTIFICATE_FULL', data: { count: 33, max: 32 } })
  const less = await certify({ without: ['ada-claude', 'ada-gpt'], agent: ['ada-new'], withoutRole: ['backend'] })
  assert.deepEqual([less.agents, less.roles, less.serial], [['ada-llama', 'ada-new'], [], 5])
})

test('two changes of owner at once follow each other, and no key is lost', async (t) => {
  const home = await makeHome(t)
  const keys = await open(home)
  const first = keys.ownerId()
  const [one, other] = await Promise.all([keys.rotateOwner(), keys.rotateOwner(), keys.renew({ label: 'desk' })])
  const files = await readdir(join(home, 'keys'))
  for (const owner of [first, one.certificate.owner]) assert.ok(files.includes(`owner-${owner}.key`), owner)
  assert.notEqual(one.certificate.owner, other.certificate.owner)
  const again = await open(home)
  assert.equal(again.ownerId(), other.certificate.owner)
  assert.equal(again.certificate().certificate.label, 'desk')
})
