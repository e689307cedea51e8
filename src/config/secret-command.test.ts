import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { SecretCommand } from './secret-command.ts'
import { createSecrets } from './secrets.ts'

const name = 'forge-git.example.org'

interface Keyring {
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

function openKeyring(t: TestContext, script: string, { environment = {}, timeoutMs = 5_000 }: Keyring = {}) {
  const home = mkdtempSync(join(tmpdir(), 'althing-keyring-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const clock = createVirtualClock({ startsAt: 0 })
  const words = ['sh', '-c', script, 'sh', '{name}']
  const { PATH = '' } = process.env
  const command = new SecretCommand({ clock, environment: { PATH, FOLDER: home, ...environment } }, { command: words, timeoutMs })
  const secrets = createSecrets(home, { secrets: new Map([['FORGE_GITHUB_COM', 'of-the-environment']]), command })
  return { home, clock, secrets }
}

test('a secret that stands in no variable and no file is what the program prints first for its name', async (t) => {
  const { secrets } = openKeyring(t, 'echo "token-of-$1"; echo "login: althing-bot"')
  assert.equal(await secrets.find(name), `token-of-${name}`)
  assert.equal(await secrets.find('forge-github.com'), 'of-the-environment')
  await secrets.set('model-lab', 'of-the-file')
  assert.equal(await secrets.find('model-lab'), 'of-the-file')
  assert.deepEqual((await secrets.values()).toSorted(), ['of-the-environment', 'of-the-file', `token-of-${name}`])
})

test('the program is asked once in a minute, and a secret that was changed counts after it', async (t) => {
  const { home, clock, secrets } = openKeyring(t, 'echo x >> "$FOLDER/asked"; cat "$FOLDER/token"')
  writeFileSync(join(home, 'token'), 'one\n')
  await Promise.all([secrets.find(name), secrets.find(name)])
  writeFileSync(join(home, 'token'), 'two\n')
  await clock.advance(59_999)
  assert.equal(await secrets.find(name), 'one')
  await clock.advance(1)
  assert.equal(await secrets.find(name), 'two')
  assert.equal(readFileSync(join(home, 'asked'), 'utf8'), 'x\nx\n')
})

test('a program that fails has no such secret; one that cannot be run, prints what is no secret or has no end says so, and not what it printed', async (t) => {
  assert.equal(await openKeyring(t, 'echo sk-canary >&2; exit 1').secrets.find(name), undefined)
  await assert.rejects(openKeyring(t, 'printf "sk-canary two words"').secrets.find(name), {
    code: 'SECRET_INVALID',
    message: /^(?!.*canary)/,
  })
  const away = openKeyring(t, 'true', { environment: { PATH: '/nowhere' } })
  await assert.rejects(away.secrets.find(name), { code: 'SECRET_UNAVAILABLE', message: /cannot be run \(ENOENT\)/ })
  const endless = openKeyring(t, 'yes sk-canary').secrets.find(name)
  await assert.rejects(endless, { code: 'SECRET_UNAVAILABLE', message: /^(?!.*canary).* printed more than 65536 bytes/ })
  const none = new SecretCommand({ clock: createVirtualClock({ startsAt: 0 }), environment: {} }, { command: [], timeoutMs: 1 })
  assert.equal(await none.find(name), undefined)
})

test('a program that cannot be run is tried again after five seconds, and not before', async (t) => {
  const { home, clock, secrets } = openKeyring(t, 'echo x >> "$FOLDER/asked"; yes')
  for (const passed of [0, 4_999, 1]) {
    await clock.advance(passed)
    await assert.rejects(secrets.find(name), { code: 'SECRET_UNAVAILABLE' })
  }
  assert.equal(readFileSync(join(home, 'asked'), 'utf8'), 'x\nx\n')
})

test('the five seconds begin when it was known that it could not be had, however long that took', async (t) => {
  const { home, clock, secrets } = openKeyring(t, 'echo x >> "$FOLDER/asked"; until [ -e "$FOLDER/go" ]; do sleep 0.01; done; yes')
  const asked = assert.rejects(secrets.find(name), { code: 'SECRET_UNAVAILABLE' })
  await clock.advance(30_000)
  writeFileSync(join(home, 'go'), '')
  await asked
  await clock.advance(4_999)
  await assert.rejects(secrets.find(name), { code: 'SECRET_UNAVAILABLE' })
  assert.equal(readFileSync(join(home, 'asked'), 'utf8'), 'x\n')
})

test('a program that does not end when it is asked to is ended', async (t) => {
  const { secrets } = openKeyring(t, 'trap "" TERM; while :; do sleep 0.01; done', { timeoutMs: 300 })
  await assert.rejects(secrets.find(name), { code: 'SECRET_UNAVAILABLE', message: /did not end within 300 ms/ })
})

test('a name is one argument of the program, and no word of a shell', async (t) => {
  const { secrets } = openKeyring(t, 'echo nothing')
  await assert.rejects(secrets.find('$(touch here)'), { code: 'SECRET_INVALID' })
})
