import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findSecrets, maskSecrets } from './secrets.ts'

/** Put together here, so that nothing in this file is what it looks for. */
const glue = (...parts: readonly string[]): string => parts.join('')
const body = (length: number): string => 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zC'.repeat(4).slice(0, length)
const upper = (length: number): string => 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'.repeat(3).slice(0, length)

const secrets: readonly (readonly [text: string, secret: string])[] = [
  [glue('AKIA', upper(16).replaceAll(/[089]/g, '2')), 'an AWS access key'],
  ['ghp_' + body(36), 'a GitHub token'],
  ['github_pat_' + body(22) + '_' + body(59), 'a GitHub token'],
  ['glpat-' + body(20), 'a GitLab token'],
  ['xoxb-' + body(24), 'a Slack token'],
  ['xapp-1-' + body(24), 'a Slack token'],
  [glue('https://hooks.slack.com/services/', 'T0ABCDEFG/B0ABCDEFG/', body(24)), 'a Slack webhook'],
  [glue('sk-ant-', 'api03-', body(80)), 'an Anthropic key'],
  ['sk-proj-' + body(40), 'an OpenAI key'],
  ['sk-' + body(20) + 'T3BlbkFJ' + body(20), 'an OpenAI key'],
  ['npm_' + body(36), 'an npm token'],
  ['AGE-SECRET-KEY-1' + upper(58), 'an age secret key'],
  [glue('-----BEGIN ', 'RSA PRIVATE KEY-----\nProc\n', body(64)), 'a private key'],
  [glue('-----BEGIN ', 'OPENSSH PRIVATE KEY-----\\n', body(64)), 'a private key'],
  [glue('-----BEGIN ', 'PGP PRIVATE KEY BLOCK-----\nVersion: x\n\n', body(64)), 'a private key'],
]

for (const [text, secret] of secrets) {
  test(`${secret} is found on its line: ${text.slice(0, 12)}…`, () => {
    assert.deepEqual(findSecrets('docs/a.md', `one\ntwo\nkey = "${text}"\n`), [{ line: 3, secret }])
  })
}

test('placeholders, short words and the shapes in prose are no secrets', () => {
  const texts = [
    glue('AKIA', 'IOSFODNN7EXAMPLE'),
    'ghp_' + 'x'.repeat(36),
    'sk-proj-' + '.'.repeat(30),
    'ghp_' + body(10),
    'npm_config_registry',
    '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n' + body(64),
    'a risk-ant-api03 thing',
    'task-proj-a',
  ]
  for (const text of texts) assert.deepEqual(findSecrets('a.md', text), [], text.slice(0, 40))
})

test('values in an environment file are found by line; examples of one, and lines without a value, are not', () => {
  const text = '# comment\nEMPTY=\nQUOTED=""\nexport TOKEN=abc\nNAME="x y"\nCOMMENT= # later\n'
  const found = [
    { line: 4, secret: 'a value in an environment file' },
    { line: 5, secret: 'a value in an environment file' },
  ]
  assert.deepEqual(findSecrets('app/.env', text), found)
  assert.deepEqual(findSecrets('.env.production', text), found)
  assert.deepEqual(findSecrets('.env.example', text), [])
  assert.deepEqual(findSecrets('settings', text), [])
})

test('a password of npm is found, the name of a variable in its place is not', () => {
  const text = 'registry=https://r\n//r/:_authToken=abc\n//s/:_authToken=${NPM_TOKEN}\n_password = x\n'
  assert.deepEqual(
    findSecrets('.npmrc', text).map(({ line }) => line),
    [2, 4],
  )
  assert.deepEqual(findSecrets('npmrc.txt', text), [])
})

test('whatever stands as a value in an environment file is one, whatever its variable is called', () => {
  assert.deepEqual(
    findSecrets('.env', 'EXAMPLE_KEY=x\nA=A\n').map(({ line }) => line),
    [1, 2],
  )
})

test('one secret is said for a line, and at most twenty for a file', () => {
  const line = `${'ghp_' + body(36)} ${'npm_' + body(36)}\n`
  assert.equal(findSecrets('a', line).length, 1)
  assert.equal(findSecrets('a', line.repeat(50)).length, 20)
})

test('S29: looking costs no more than the length of the text', () => {
  const units = [
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN A ',
    'sk-ant-',
    'sk-',
    'ghp_',
    'AKIA',
    'A=',
    '\n',
    ' ',
    'a',
    'xox',
    '_auth',
    'export ',
    'hooks.slack.com/services/T00000000',
  ]
  const startedAt = process.cpuUsage()
  for (const unit of units) {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
    for (const path of ['a', '.env', '.npmrc']) findSecrets(path, text)
  }
  const { user, system } = process.cpuUsage(startedAt)
  const perMegabyteMs = (user + system) / 1_000 / (units.length * 3)
  assert.ok(perMegabyteMs < 400, `${Math.round(perMegabyteMs)} ms for a megabyte`)
})

test('S28: every sort of secret is masked in a text, and so are those that are known; placeholders stay', () => {
  for (const [text, secret] of secrets) assert.equal(maskSecrets(`a ${text} b`).includes(`[${secret}]`), true, secret)
  assert.equal(maskSecrets('bearer hunter2, hunter2', ['hunter2', '']), 'bearer [a secret of this node], [a secret of this node]')
  assert.equal(maskSecrets('AKIAIOSFODNN7EXAMPLE'), 'AKIAIOSFODNN7EXAMPLE')
})

const pem = (kind: string, lines: number): string => {
  const key = Array.from({ length: lines }, (_, line) => `${line}`.padEnd(64, 'aB3dE5gH7jK9mN1p')).join('\n')
  return `-----BEGIN ${kind}PRIVATE KEY-----\n${key}\n-----END ${kind}PRIVATE KEY-----`
}

test('S28: nothing of a private key is left: to its last line, in JSON, cut off, and twice', () => {
  const key = pem('OPENSSH ', 20)
  assert.equal(maskSecrets(`a\n${key}\nb`), 'a\n[a private key]\nb')
  assert.equal(maskSecrets(JSON.stringify({ key, more: 'b' })), '{"key":"[a private key]","more":"b"}')
  assert.equal(maskSecrets(`a ${key.slice(0, 600)}`), 'a [a private key]')
  assert.equal(maskSecrets(`${key} and ${pem('', 3)}.`), '[a private key] and [a private key].')
  const locked = pem('RSA ', 20).replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n')
  assert.equal(maskSecrets(locked), '[a private key]')
  assert.equal(maskSecrets('it says -----BEGIN PRIVATE KEY----- at the top'), 'it says -----BEGIN PRIVATE KEY----- at the top')
})

test('S28: a known secret of several lines is masked in JSON too', () => {
  assert.equal(maskSecrets(JSON.stringify({ key: 'one\n"two"' }), ['one\n"two"']), '{"key":"[a secret of this node]"}')
})

test('S29: masking costs no more than the length of the text', () => {
  const startedAt = process.cpuUsage()
  const header = '-----BEGIN PRIVATE KEY-----'
  for (const unit of [header, `${header}${'a'.repeat(40)}`, `${header} -----END `])
    maskSecrets(unit.repeat(Math.ceil(1_000_000 / unit.length)))
  const { user, system } = process.cpuUsage(startedAt)
  assert.ok((user + system) / 1_000 < 3_000, `${(user + system) / 1_000} ms`)
})
