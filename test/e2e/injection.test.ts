import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseInviteCode } from '../../src/hive/invite-code.ts'
import { namedOf, openVillage, text, writePackage } from './machine.ts'

test('S26: names that are options, paths or shell words are refused or taken as names, and run nothing', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  await ada.ask('hive', 'create', 'workshop')
  // forty commands: asking a node is cheaper than opening the home for each
  await ada.start()
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
      assert.ok(code === 1 || code === 2, words.join(' '))
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
  await ada.start()
  const names = ['-rf', '--help', '$(touch pwned)', '..x', "it's"]
  for (const [index, name] of names.entries()) {
    const folder = join(ada.project, name)
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.toml'), `[package]\nname = "plain-${index}"\nversion = "1.0.0"\ndescription = "x"\n`)
    writeFileSync(join(folder, name), 'text')
    const { stdout, stderr } = await ada.run(['p2p', 'publish', '--json', '--', name])
    assert.match(stdout, /"status": ?"published"/, `${name}: ${stderr}`)
    const path = text(namedOf(await ada.ask('install', `plain-${index}`)), 'path')
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
