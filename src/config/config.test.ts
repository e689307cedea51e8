import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { readEnvironment } from './environment.ts'
import { homePaths } from './home.ts'
import { loadConfig, variableOf } from './load.ts'
import { settings } from './schema.ts'

test('without a file, variables and options every knob has its default', async (t) => {
  const config = await load(t, {})
  assert.equal(config.network.dialTimeoutMs, 10_000)
  assert.equal(config.network.mdns, true)
  assert.deepEqual(config.network.bootstrap, [])
  assert.deepEqual(Object.keys(config), Object.keys(settings))
})

test('a file wins over defaults, the environment over the file, options over both', async (t) => {
  const file = '[network]\nmdns = false\ndht = "client"\ndialTimeoutMs = 1\n'
  const variables = { ALTHING_NETWORK_DHT: 'server', ALTHING_NETWORK_DIAL_TIMEOUT_MS: '2' }
  const config = await load(t, { file, variables, overrides: { 'network.dialTimeoutMs': 3 } })
  assert.deepEqual([config.network.mdns, config.network.dht, config.network.dialTimeoutMs], [false, 'server', 3])
})

test('variables spell out numbers, flags and lists', async (t) => {
  const variables = {
    ALTHING_NETWORK_MDNS: '0',
    ALTHING_NETWORK_LISTEN: '/ip4/127.0.0.1/tcp/1, /ip4/127.0.0.1/tcp/2',
    ALTHING_NETWORK_BOOTSTRAP: '',
  }
  const config = await load(t, { variables })
  assert.equal(config.network.mdns, false)
  assert.deepEqual(config.network.listen, ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2'])
  assert.deepEqual(config.network.bootstrap, [])
  assert.equal(variableOf('network.dialTimeoutMs'), 'ALTHING_NETWORK_DIAL_TIMEOUT_MS')
})

const refused: readonly (readonly [string, Given, string, RegExp])[] = [
  ['a file that is no TOML, with line and column', { file: '[network]\nmdns = maybe\n' }, 'CONFIG_SYNTAX', /config\.toml:2:\d+: /],
  [
    'an unknown name, with the nearest',
    { file: '[network]\nmdsn = true\n' },
    'CONFIG_UNKNOWN',
    /config\.toml: there is no setting "network\.mdsn"\. Did you mean network\.mdns\?/,
  ],
  ['an unknown group', { file: '[netwrk]\nmdns = true\n' }, 'CONFIG_UNKNOWN', /no setting "netwrk"\. Did you mean network\?/],
  ['a knob outside of a group', { file: 'mdns = true\n' }, 'CONFIG_UNKNOWN', /no setting "mdns"/],
  ['another type', { file: '[network]\nmdns = "no"\n' }, 'CONFIG_INVALID', /network\.mdns takes true or false, not "no"/],
  [
    'a fraction where a whole number is meant',
    { file: '[network]\ndialTimeoutMs = 1.5\n' },
    'CONFIG_INVALID',
    /takes a whole number \(ms\)/,
  ],
  ['a number below the range', { file: '[network]\ndialTimeoutMs = -1\n' }, 'CONFIG_INVALID', /from 0/],
  ['a number above the range', { file: '[http]\nport = 65536\n' }, 'CONFIG_INVALID', /from 0 to 65535, not 65536/],
  ['another choice', { file: '[network]\ndht = "none"\n' }, 'CONFIG_INVALID', /network\.dht takes server, client, not "none"/],
  ['a list of something else', { file: '[network]\nlisten = [1]\n' }, 'CONFIG_INVALID', /takes a list of texts/],
  ['a text that is none', { file: '[http]\naddress = 1\n' }, 'CONFIG_INVALID', /http\.address takes text, not 1/],
  [
    'an unknown variable',
    { variables: { ALTHING_NETWORK_MDSN: '1' } },
    'CONFIG_UNKNOWN',
    /environment variable ALTHING_NETWORK_MDSN.*network\.mdns/,
  ],
  [
    'a variable with another value',
    { variables: { ALTHING_NETWORK_DIAL_TIMEOUT_MS: 'soon' } },
    'CONFIG_INVALID',
    /ALTHING_NETWORK_DIAL_TIMEOUT_MS: .*not "soon"/,
  ],
  ['an unknown option', { overrides: { 'network.mdsn': true } }, 'CONFIG_UNKNOWN', /options: /],
  ['S30: __proto__ as a group', { file: '[__proto__]\nisAdmin = true\n' }, 'CONFIG_UNKNOWN', /no setting "__proto__"/],
  ['S30: constructor as a knob', { file: '[network]\nconstructor = true\n' }, 'CONFIG_UNKNOWN', /no setting "network\.constructor"/],
  ['S30: a file of megabytes', { file: `# ${'x'.repeat(300_000)}` }, 'CONFIG_UNREADABLE', /has 300002 bytes/],
]

for (const [what, given, code, expected] of refused) {
  test(`${what} is refused`, async (t) => {
    await assert.rejects(load(t, given), { code, message: expected })
    assert.equal(Object.hasOwn(Object.prototype, 'isAdmin'), false)
  })
}

test('a file that was named must be there; the one of the home need not', async (t) => {
  const home = temporaryHome(t)
  await assert.rejects(loadConfig({ home, file: join(home, 'other.toml'), environment: readEnvironment({}) }), {
    code: 'CONFIG_UNREADABLE',
    message: /ENOENT/,
  })
  await loadConfig({ home, environment: readEnvironment({}) })
})

test('the home is ALTHING_HOME, made absolute, or .althing in the home of the user', () => {
  assert.equal(readEnvironment({ ALTHING_HOME: '/srv/ada' }).home, '/srv/ada')
  assert.equal(readEnvironment({ ALTHING_HOME: 'here' }).home, join(process.cwd(), 'here'))
  assert.match(readEnvironment({}).home, /\/\.althing$/)
  assert.match(readEnvironment({ ALTHING_HOME: '' }).home, /\/\.althing$/)
})

test('NO_COLOR set to anything switches colour off; other variables are not read', () => {
  assert.equal(readEnvironment({ NO_COLOR: '1' }).isColorOff, true)
  assert.equal(readEnvironment({ NO_COLOR: '' }).isColorOff, false)
  assert.deepEqual(
    [...readEnvironment({ PATH: '/bin', ALTHING_HOME: '/x', ALTHING_FAILPOINT: 'a=exit', ALTHING_LOG_LEVEL: 'warn' }).settings],
    [['ALTHING_LOG_LEVEL', 'warn']],
  )
})

test('files of a home lie in it, and the socket in a folder of its own', () => {
  assert.deepEqual(homePaths('/home/ada/.althing'), {
    home: '/home/ada/.althing',
    config: '/home/ada/.althing/config.toml',
    token: '/home/ada/.althing/http.token',
    log: '/home/ada/.althing/node.log',
    socketFolder: '/home/ada/.althing/run',
    socket: '/home/ada/.althing/run/node.sock',
  })
})

interface Given {
  readonly file?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly overrides?: Readonly<Record<string, unknown>>
}

async function load(t: TestContext, { file, variables = {}, overrides = {} }: Given) {
  const home = temporaryHome(t)
  if (file !== undefined) writeFileSync(join(home, 'config.toml'), file)
  return loadConfig({ home, environment: readEnvironment(variables), overrides })
}

function temporaryHome(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'althing-config-'))
  t.after(() => rmSync(home, { recursive: true }))
  return home
}
