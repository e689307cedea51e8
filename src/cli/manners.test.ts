import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { Interruption } from './interruption.ts'
import { createTestCli } from './testing/test-cli.ts'

const invite = { code: 'althing-2VfmCode', name: 'workshop', uses: 1, expiresAt: 1_700_000_000_000, addresses: ['/ip4/192.0.2.7/tcp/4001'] }
const started = { listen: [], node: { peerId: '12D3KooWAda' }, hive: { name: 'workshop' }, connections: {}, dht: { mode: 'server' } }

test('-q leaves the code of an invite alone on stdout, to be handed to another program', async (t) => {
  const cli = createTestCli(t, { answer: async () => invite })
  assert.equal(await cli.run('hive', 'invite', '-q'), 0)
  assert.equal(cli.stdout(), 'althing-2VfmCode\n')
})

test('--version --json answers with the version', async (t) => {
  const cli = createTestCli(t, { answer: async () => assert.fail('nobody is asked') })
  assert.equal(await cli.run('--version', '--json'), 0)
  assert.deepEqual(JSON.parse(cli.stdout()), { version: '0.1.0' })
})

for (const isRunning of [true, false]) {
  test(`a configuration that is named and not there is wrong usage ${isRunning ? 'also while' : 'where no'} node runs`, async (t) => {
    const cli = createTestCli(t, { answer: async () => assert.fail('nobody is asked'), isRunning })
    assert.equal(await cli.run('p2p', 'status', '--config', '/no/file'), 2)
    assert.match(cli.stderr(), /cannot read the configuration \/no\/file \(ENOENT\)/)
  })
}

test('-q on p2p start prints nothing where nothing is wrong', async (t) => {
  const interrupt = new AbortController()
  const answer = async (): Promise<unknown> => {
    setImmediate(() => interrupt.abort(new Interruption('SIGTERM')))
    return started
  }
  const cli = createTestCli(t, { answer, isRunning: false, interrupted: interrupt.signal })
  assert.equal(await cli.run('p2p', 'start', '-q'), 0)
  assert.deepEqual([cli.stdout(), cli.stderr(), cli.closed()], ['', '', 1])
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 0],
] as const) {
  test(`${signal} to a node that runs closes it, and is exit code ${code}`, async (t) => {
    const interrupt = new AbortController()
    const answer = async (): Promise<unknown> => {
      setImmediate(() => interrupt.abort(new Interruption(signal)))
      return started
    }
    const cli = createTestCli(t, { answer, isRunning: false, interrupted: interrupt.signal })
    assert.equal(await cli.run('p2p', 'start'), code)
    assert.match(cli.stdout(), /closing …\n$/)
    assert.deepEqual([cli.stderr(), cli.closed()], ['', 1])
  })
}

for (const words of [
  ['search', 'rust'],
  ['hive', 'members'],
  ['store', 'verify'],
  ['hive', 'revoke', '@eve'],
  ['install'],
  ['install', 'web'],
  ['update'],
  ['remove', 'web'],
  ['clean'],
  ['registry', 'add', 'office', 'http://127.0.0.1:9'],
]) {
  test(`althing ${words.join(' ')} on a home that is none makes none, and says how to make one`, async (t) => {
    const cli = createTestCli(t, { answer: async () => assert.fail('it was asked'), isRunning: false, isHome: false })
    assert.equal(await cli.run(...words), 1)
    assert.match(cli.stderr(), /no node was ever started on .*--home.*althing p2p start \(HOME_MISSING\)/)
    assert.deepEqual(cli.opened(), [])
  })
}

for (const words of [['status'], ['hive', 'invite'], ['hive', 'grant', 'bob', '--level', 'decision']]) {
  test(`althing ${words.join(' ')} makes no keys in a home that was restored without them, and says how to get them`, async (t) => {
    const cli = createTestCli(t, { answer: async () => assert.fail('it was asked'), isRunning: false, hasKeys: false })
    assert.equal(await cli.run(...words), 1)
    assert.match(cli.stderr(), /has no keys.*althing owner import.*\(KEYS_MISSING\)/)
    assert.deepEqual(cli.opened(), [])
  })
}

test('a code that is none is refused before a home is made for it', async (t) => {
  const cli = createTestCli(t, { answer: async () => assert.fail('it was asked'), isRunning: false, isHome: false })
  assert.equal(await cli.run('hive', 'join', 'bogus'), 2)
  assert.deepEqual(cli.opened(), [])
})

test('a command that begins something makes the home it needs', async (t) => {
  const cli = createTestCli(t, { answer: async () => ({}), isRunning: false, isHome: false })
  assert.equal(await cli.run('hive', 'create', 'workshop'), 0)
  assert.equal(cli.opened().length, 1)
})

test('a fault about what was asked is exit code 2, wherever it was found', async (t) => {
  const answer = async () => {
    throw new Fault('TERMS_INVALID', 'usage', { message: '"1x" is no lifetime of a code' })
  }
  const cli = createTestCli(t, { answer })
  assert.equal(await cli.run('hive', 'invite', '--expires', '1x'), 2)
})

test('help is a command, too: of everything, of a group, of one verb', async (t) => {
  for (const words of [[], ['hive'], ['hive', 'join']]) {
    const [asked, optional] = [createTestCli(t, { answer: async () => {} }), createTestCli(t, { answer: async () => {} })]
    assert.equal(await asked.run('help', ...words), 0)
    assert.equal(await optional.run(...words, '--help'), 0)
    assert.equal(asked.stdout(), optional.stdout())
    assert.match(asked.stdout(), new RegExp(`^Usage: althing ${words.join(' ')}`))
  }
})

test('help with --json is one document that holds the text', async (t) => {
  const cli = createTestCli(t, { answer: async () => {} })
  assert.equal(await cli.run('hive', 'join', '--help', '--json'), 0)
  const document = JSON.parse(cli.stdout()) as { readonly help: string }
  assert.match(document.help, /^Usage: althing hive join [\s\S]*Examples:/)
})
