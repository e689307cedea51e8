import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { offerBytes } from '../lib/byte-pipe.ts'
import { readEnvironment } from './environment.ts'
import { createSecrets, readSecretInput } from './secrets.ts'

function homeOf(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'althing-secrets-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  return home
}

test('a secret is kept in a file for this user alone, and a new one counts at once', async (t) => {
  const home = homeOf(t)
  const secrets = createSecrets(home, readEnvironment({}))
  assert.equal(await secrets.find('model-openai'), undefined)
  await secrets.set('model-openai', ' sk-1\n')
  assert.equal(await secrets.find('model-openai'), 'sk-1')
  writeFileSync(join(home, 'secrets', 'model-openai'), 'sk-2\n')
  assert.equal(await secrets.find('model-openai'), 'sk-2')
  assert.equal(statSync(join(home, 'secrets', 'model-openai')).mode & 0o777, 0o600)
  assert.equal(statSync(join(home, 'secrets')).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(join(home, 'secrets')), ['model-openai'])
})

test('a variable of the environment wins over the file, and is no setting', async (t) => {
  const environment = readEnvironment({ ALTHING_SECRET_FORGE_GIT_EXAMPLE_ORG: 'from-environment', ALTHING_SECRET_EMPTY: '' })
  const secrets = createSecrets(homeOf(t), environment)
  await secrets.set('forge-git.example.org', 'from-file')
  assert.equal(await secrets.find('forge-git.example.org'), 'from-environment')
  assert.equal(await secrets.find('empty'), undefined)
  assert.deepEqual([...environment.settings], [])
})

test('all secrets are those of files and those of the environment, each once', async (t) => {
  const secrets = createSecrets(homeOf(t), readEnvironment({ ALTHING_SECRET_MODEL_LAB: 'one', ALTHING_SECRET_OTHER: 'two' }))
  await secrets.set('model-lab', 'kept')
  await secrets.set('same', 'two')
  assert.deepEqual((await secrets.values()).toSorted(), ['kept', 'one', 'two'])
})

test('S20: a file that others can read is refused, with what to do', async (t) => {
  const home = homeOf(t)
  const secrets = createSecrets(home, readEnvironment({}))
  await secrets.set('a', 'sk-canary')
  chmodSync(join(home, 'secrets', 'a'), 0o640)
  await assert.rejects(secrets.find('a'), (error: Error) => /chmod 600/.test(error.message) && !error.message.includes('sk-canary'))
})

test('a link is not followed', async (t) => {
  const home = homeOf(t)
  mkdirSync(join(home, 'secrets'))
  writeFileSync(join(home, 'elsewhere'), 'sk-1', { mode: 0o600 })
  symlinkSync(join(home, 'elsewhere'), join(home, 'secrets', 'a'))
  await assert.rejects(createSecrets(home, readEnvironment({})).find('a'), { code: 'ELOOP' })
})

test('names that would lead out of the folder are refused', async (t) => {
  const secrets = createSecrets(homeOf(t), readEnvironment({}))
  for (const name of ['../a', 'a/b', '.a', '', 'A', 'a\0', 'a'.repeat(101)]) {
    await assert.rejects(secrets.find(name), { code: 'SECRET_INVALID' }, name)
    await assert.rejects(secrets.set(name, 'x'), { code: 'SECRET_INVALID' }, name)
  }
})

test('what cannot stand in a header is no secret', async (t) => {
  const home = homeOf(t)
  const secrets = createSecrets(home, readEnvironment({}))
  for (const value of ['', '  ', 'two\nlines', 'two words', 'é', 'a'.repeat(16_385)])
    await assert.rejects(secrets.set('a', value), { code: 'SECRET_INVALID' })
  await secrets.set('a', 'good')
  writeFileSync(join(home, 'secrets', 'a'), 'two\nlines')
  await assert.rejects(secrets.find('a'), { code: 'SECRET_INVALID' })
})

test('those there are can be listed and taken away', async (t) => {
  const secrets = createSecrets(homeOf(t), readEnvironment({}))
  assert.deepEqual(await secrets.list(), [])
  await secrets.set('b', '1')
  await secrets.set('a', '2')
  assert.deepEqual(await secrets.list(), ['a', 'b'])
  assert.deepEqual([await secrets.remove('a'), await secrets.remove('a'), await secrets.list()], [true, false, ['b']])
})

test('a secret is taken from a file, or from the byte pipe that stands for standard input, no further than a secret can be long', async (t) => {
  const home = homeOf(t)
  const path = join(home, 'key')
  writeFileSync(path, 'sk-1\n')
  assert.equal(await readSecretInput(path), 'sk-1\n')
  for (const [text, taken] of [
    ['sk-2\n', 5],
    ['', 0],
    ['x'.repeat(200_000), 65_536],
  ] as const) {
    await using _ = await offerBytes(join(home, 'i'), Readable.from([Buffer.from(text)]))
    assert.equal(await readSecretInput(join(home, 'i')), text.slice(0, taken))
  }
})

test('a secret that was to be read from no file, or from a folder, is refused with the path', async (t) => {
  const home = homeOf(t)
  await assert.rejects(readSecretInput(join(home, 'nofile')), {
    code: 'SECRET_UNREADABLE',
    message: /^there is no file .*nofile; name the file/,
  })
  await assert.rejects(readSecretInput(home), { code: 'SECRET_UNREADABLE', message: /cannot be read/ })
})
