import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { parseInviteCode } from '../../src/hive/invite-code.ts'
import { addressOf, enter, eventually, knownBy, list, neighboursOf, openVillage, text, writePackage } from './machine.ts'

test('S1: a stranger with a hive of its own gets nothing of a closed hive', async (t) => {
  const village = openVillage(t, { ALTHING_NETWORK_STRANGER_GRACE_MS: '1000' })
  const [ada, eve] = [village.settle('ada'), village.settle('eve')]
  await ada.start()
  await ada.ask('p2p', 'publish', writePackage(village, 'secret-plans'))
  await eve.start()
  await eve.run(['p2p', 'bootstrap', await addressOf(ada)])
  await eventually(
    'ada has cut her',
    async () => list(await ada.ask('p2p', 'peers'), 'peers').length,
    (peers) => peers === 0,
  )
  assert.deepEqual(await neighboursOf(eve), [])
  assert.equal(await knownBy(eve), 0)
  assert.equal(list(await eve.ask('hive', 'members'), 'members').length, 1)
  const { code, stderr } = await eve.run(['install', 'secret-plans'])
  assert.equal(code, 1)
  assert.match(stderr, /PACKAGE_UNKNOWN/)
})

test('S10: a revoked member is cut, what it publishes later counts nowhere, and a new owner takes its place', async (t) => {
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '500' })
  const [ada, bob, eve] = [village.settle('ada'), village.settle('bob'), village.settle('eve')]
  await ada.start()
  await enter(ada, bob)
  await enter(ada, eve)
  await eve.ask('p2p', 'publish', writePackage(village, 'good'))
  await eventually(
    'bob knows it',
    async () => knownBy(bob),
    (known) => known === 1,
  )
  const evesPeer = text(await eve.ask('node', 'show'), 'node')

  await ada.ask('hive', 'revoke', 'eve')
  for (const machine of [ada, bob]) {
    await eventually(
      `${machine.name} cut her`,
      async () => neighboursOf(machine),
      (peers) => peers.length === 1 && !peers.includes(evesPeer),
    )
  }
  await eve.run(['p2p', 'publish', writePackage(village, 'bad')])
  await eve.end('SIGTERM')
  await eve.start()
  await eve.run(['p2p', 'publish', writePackage(village, 'worse')])
  await eve.run(['p2p', 'bootstrap', await addressOf(ada), await addressOf(bob)])

  const newcomer = village.settle('newcomer')
  const { code } = (await ada.ask('hive', 'invite', '--replaces', 'eve')) as { readonly code: string }
  await newcomer.ask('hive', 'join', code)
  await newcomer.start()
  await newcomer.ask('p2p', 'publish', writePackage(village, 'fine'))
  await eventually(
    'bob knows what the newcomer published',
    async () => knownBy(bob),
    (known) => known === 2,
  )
  for (const machine of [ada, bob, newcomer]) {
    const names = list(await machine.ask('p2p', 'search'), 'packages').map((hit) => text(hit, 'name'))
    assert.deepEqual(names.toSorted(), ['fine', 'good'], machine.name)
  }
})

test('S10: a stolen node is revoked by its owner and cut; the owner enrols another', async (t) => {
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '500' })
  const [ada, stolen, fresh] = [village.settle('ada'), village.settle('stolen'), village.settle('fresh')]
  await ada.start()
  await stolen.ask('node', 'accept', text(await ada.ask('node', 'enroll'), 'code'))
  await stolen.start()
  await eventually(
    'it is connected',
    async () => neighboursOf(ada),
    (peers) => peers.length === 1,
  )
  await ada.ask('node', 'revoke', text(await stolen.ask('node', 'show'), 'node'))
  await eventually(
    'it is cut',
    async () => neighboursOf(ada),
    (peers) => peers.length === 0,
  )
  await stolen.run(['p2p', 'publish', writePackage(village, 'bad')])
  await fresh.ask('node', 'accept', text(await ada.ask('node', 'enroll'), 'code'))
  await fresh.start()
  await fresh.ask('p2p', 'publish', writePackage(village, 'fine'))
  await eventually(
    'ada knows it',
    async () => knownBy(ada),
    (known) => known === 1,
  )
  const [hit] = list(await ada.ask('p2p', 'search'), 'packages')
  assert.equal(hit?.['name'], 'fine')
})

test('S26: names that are options, paths or shell words are refused or taken as names, and run nothing', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  await ada.ask('hive', 'list')
  const nasty = [
    '-rf',
    '--help',
    '../../escape',
    '..',
    '$(touch${IFS}pwned)',
    '`touch${IFS}pwned`',
    'a\nb',
    'a;touch${IFS}pwned',
    '/etc/passwd',
    'a\u0000b',
    '__proto__',
  ]
  for (const [index, name] of nasty.entries()) {
    const folder = writePackage(village, `nasty-${index}`)
    writeFileSync(join(folder, 'package.toml'), `[package]\nname = ${JSON.stringify(name)}\nversion = "1.0.0"\ndescription = "x"\n`)
    const { code, stderr } = await ada.run(['p2p', 'publish', folder])
    assert.equal(code, 1, name)
    assert.match(stderr, /MANIFEST_INVALID/, name)
  }
  // As arguments, those that differ in kind; the others are for manifests.
  for (const name of ['-rf', '--help', '../../escape', '$(touch${IFS}pwned)', 'a\nb']) {
    for (const words of [
      ['install', '--', name],
      ['info', '--', name],
      ['hive', 'create', '--', name],
      ['hive', 'join', '--', name],
    ]) {
      const { code, stderr } = await ada.run(words)
      assert.equal(code, 1, words.join(' '))
      assert.match(stderr, /\([A-Z_]+\)/, words.join(' '))
      assert.doesNotMatch(stderr, /\(BUG\)|\n\s+at /, words.join(' '))
    }
    assert.equal((await ada.run(['search', '--', name])).code, 0, name)
  }
  assert.deepEqual(findNamed(village.root, 'pwned'), [])
  assert.deepEqual(findNamed(village.root, 'escape'), [])
})

test('S26: folders with such names are published as what they are', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  const names = ['-rf', '--help', '$(touch pwned)', '..x', "it's"]
  for (const [index, name] of names.entries()) {
    const folder = join(ada.project, name)
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.toml'), `[package]\nname = "plain-${index}"\nversion = "1.0.0"\ndescription = "x"\n`)
    writeFileSync(join(folder, name), 'text')
    const { stdout, stderr } = await ada.run(['p2p', 'publish', '--json', '--', name])
    assert.match(stdout, /"status": ?"published"/, `${name}: ${stderr}`)
    const { path } = (await ada.ask('install', `plain-${index}`)) as { readonly path: string }
    assert.equal(readFileSync(join(path, name), 'utf8'), 'text')
  }
  assert.deepEqual(findNamed(village.root, 'pwned'), [])
})

test('S28: passphrases, codes and keys are in no output and no file but those made for them', async (t) => {
  const village = openVillage(t, { ALTHING_LOG_LEVEL: 'debug', ALTHING_IDENTITY_SCRYPT_LOG_N: '12' })
  const [ada, bob] = [village.settle('ada'), village.settle('bob')]
  const canary = 'canary-5f3a-sings-at-dawn'
  const words = join(village.root, 'words.txt')
  writeFileSync(words, `${canary}\n`, { mode: 0o600 })
  const heard: string[] = []
  const node = ada.begin(['p2p', 'start', '-v'])
  await node.until(/node started on /)
  const invite = text(await ada.ask('hive', 'invite'), 'code')
  const enroll = text(await ada.ask('node', 'enroll'), 'code')
  const attempts: readonly (readonly string[])[] = [
    ['p2p', 'publish', writePackage(village, 'web'), '-v'],
    ['owner', 'export', join(village.root, 'owner.age'), '--passphrase-file', words, '-v'],
    ['owner', 'export', join(village.root, 'owner.age'), '--passphrase-file', words, '-v'],
    ['p2p', 'bootstrap', '/ip4/127.0.0.1/tcp/1', '-v'],
    ['install', 'nothing-like-it', '-v'],
    ['p2p', 'status', '-v', '--json'],
    ['backup', join(village.root, 'backup'), '-v'],
  ]
  for (const attempt of attempts) heard.push(...outputs(await ada.run(attempt)))
  heard.push(...outputs(await bob.run(['hive', 'join', invite, '-v'])))
  heard.push(...outputs(await bob.run(['hive', 'join', invite, '-v'])))
  heard.push(...outputs(await bob.run(['hive', 'join', `${invite.slice(0, -1)}x`, '-v', '--json'])))
  heard.push(...outputs(await village.settle('cy').run(['hive', 'join', invite, '-v'])))
  heard.push(...outputs(await bob.run(['owner', 'import', join(village.root, 'owner.age'), '--passphrase-file', words, '-v'])))
  node.kill('SIGTERM')
  heard.push(...outputs(await node.ended))

  const secrets = [Buffer.from(canary), ...[invite, enroll].flatMap(formsOfCode), ...keysOf(ada.home), ...keysOf(bob.home)]
  const files = [ada.home, bob.home, join(village.root, 'backup')].flatMap(filesOutsideKeys)
  assert.ok(files.some((path) => path.endsWith('.sqlite')) && secrets.length >= 12)
  for (const secret of secrets) {
    for (const output of heard) assert.ok(!output.includes(secret.toString('latin1')), `a secret was said: ${output}`)
    for (const path of files) assert.ok(!readFileSync(path).includes(secret), `a secret of ${secret.byteLength} bytes lies in ${path}`)
  }
})

test('S31: hundreds of idle connections to the port of a hive keep no member out', async (t) => {
  // A socket that says nothing is closed after the time of a dial; members who come meanwhile try again.
  const village = openVillage(t, { ALTHING_NETWORK_DIAL_TIMEOUT_MS: '2000' })
  const [ada, bob] = [village.settle('ada'), village.settle('bob')]
  await ada.start()
  const port = Number(/\/tcp\/(\d+)/.exec(await addressOf(ada))?.[1])
  const code = text(await ada.ask('hive', 'invite'), 'code')
  await bob.ask('hive', 'join', code, '--handle', 'bob')
  await openIdle(t, { port, count: 400 })
  await bob.start()
  await eventually(
    'bob got in',
    async () => neighboursOf(ada),
    (peers) => peers.length === 1,
  )
  await ada.ask('p2p', 'publish', writePackage(village, 'web'))
  await eventually(
    'bob hears of it',
    async () => knownBy(bob),
    (known) => known === 1,
  )
})

/** Connections that say nothing, for the length of the test. */
async function openIdle(t: TestContext, { port, count }: { readonly port: number; readonly count: number }): Promise<void> {
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let index = 0; index < count; index += 1) {
    const { promise, resolve } = Promise.withResolvers<void>()
    // Refused or reset is an answer too: the node may defend itself.
    sockets.push(
      createConnection({ port, host: '127.0.0.1' })
        .once('connect', () => resolve())
        .on('error', () => resolve()),
    )
    await promise
  }
}

function outputs({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): readonly string[] {
  return [stdout, stderr].map((output) => Buffer.from(output).toString('latin1'))
}

/** A code as it is shown, and the secret in it as bytes and as text. */
function formsOfCode(shown: string): readonly Buffer[] {
  const parsed = parseInviteCode(shown)
  assert.ok(parsed.verdict === 'code' && parsed.code.secret !== undefined)
  return [Buffer.from(shown), ...formsOf(Buffer.from(parsed.code.secret))]
}

/** The seeds in the key files: the word between their header and the name. */
function keysOf(home: string): readonly Buffer[] {
  return ['node.key', 'owner.key'].flatMap((name) => {
    const seed = Buffer.from(readFileSync(join(home, 'keys', name), 'utf8').split(' ')[1] ?? '', 'base64url')
    assert.equal(seed.byteLength, 32)
    return formsOf(seed)
  })
}

function formsOf(bytes: Buffer): readonly Buffer[] {
  return [bytes, ...(['hex', 'base64', 'base64url'] as const).map((encoding) => Buffer.from(bytes.toString(encoding).replace(/=+$/, '')))]
}

function filesOutsideKeys(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('/keys'))
    .map((entry) => join(entry.parentPath, entry.name))
}

function findNamed(folder: string, word: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => path.split('/').at(-1) === word)
}
