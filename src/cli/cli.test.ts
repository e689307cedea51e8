import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from '../catalog.ts'
import { Fault } from '../lib/fault.ts'
import type { CallOptions } from '../operations/node-api.ts'
import { createProgram } from './program.ts'
import { createTestCli, untilAborted } from './testing/test-cli.ts'

const status = {
  isRunning: true,
  version: '0.1.0',
  home: '/home/ada/.althing',
  uptimeMs: 3_720_000,
  node: { peerId: '12D3KooWAda', owner: 'z6MkAda', label: 'desk' },
  hive: { id: 'bafyhive', name: 'workbench', policy: 'closed', members: 3, others: 0 },
  listen: ['/ip4/0.0.0.0/tcp/4001'],
  connections: { open: 2, admitted: 2, bootstrap: 1 },
  dht: { mode: 'server', records: 12 },
  packages: { local: 42, discovered: 1234 },
  journals: { authors: 3, entries: 1, bytes: 2048, troubled: 0 },
  content: { items: 1, bytes: 1_500_000, maxBytes: 0 },
  http: null,
  hints: ['invite somebody: althing hive invite'],
}

test('an answer goes to stdout for a person, and nothing to stderr', async (t) => {
  const cli = createTestCli(t, { answer: async () => status })
  assert.equal(await cli.run('p2p', 'status'), 0)
  assert.equal(cli.stderr(), '')
  assert.match(cli.stdout(), /^node +12D3KooWAda · up 1 h 2 min\n/)
  assert.match(cli.stdout(), /packages +42 local, 1,234 discovered\n/)
  assert.match(cli.stdout(), /→ invite somebody: althing hive invite\n$/)
})

test('with --json stdout is one JSON document, wherever the option stands', async (t) => {
  for (const words of [
    ['--json', 'p2p', 'status'],
    ['p2p', '--json', 'status'],
    ['p2p', 'status', '--json'],
    ['status', '--json'],
  ]) {
    const cli = createTestCli(t, { answer: async () => status })
    assert.equal(await cli.run(...words), 0)
    assert.deepEqual(JSON.parse(cli.stdout()), status)
  }
})

test('a fault is exit code 1 and a line on stderr with what to do; with --json a document with code, message and data', async (t) => {
  const refuse = async () => {
    throw new Fault('DESK_FULL', 'conflict', { message: 'the desk is full; remove something', data: { places: 3 } })
  }
  const plain = createTestCli(t, { answer: refuse })
  assert.equal(await plain.run('p2p', 'status'), 1)
  assert.equal(plain.stderr(), 'error the desk is full; remove something (DESK_FULL)\n')
  assert.equal(plain.stdout(), '')
  const json = createTestCli(t, { answer: refuse })
  assert.equal(await json.run('p2p', 'status', '--json'), 1)
  assert.deepEqual(JSON.parse(json.stderr()), {
    error: { code: 'DESK_FULL', message: 'the desk is full; remove something', data: { places: 3 } },
  })
  assert.equal(json.stdout(), '')
})

const wrongUsage: readonly (readonly [readonly string[], RegExp])[] = [
  [['p2p', 'status', '--jsno'], /Did you mean --json\?/],
  [['p2p', 'stauts'], /unknown command 'stauts' \(Did you mean status\?\)/],
  [['instal', 'x'], /Did you mean install\?/],
  [['p2p', 'status', 'extra'], /too many arguments/],
  [['p2p', 'publish'], /missing required argument 'path'/],
  [['search', '--limit', 'ten'], /It is a whole number/],
  [['search', '--limit', '0'], /takes 1 to 1000 as "limit", not 0/],
  [['search', '--kind', 'skil'], /Allowed choices are/],
  [['hive', 'invite', '--uses', '0'], /takes 1 to 10000 as "uses", not 0/],
  [['p2p', 'start', '--http-port', 'web'], /It is a port/],
  [['help', 'hvie'], /unknown command 'hvie' \(Did you mean hive\?\)/],
  [['help', 'hive', 'jion'], /unknown command 'jion' \(Did you mean join\?\)/],
  [['p2p', 'status', '--timeout', 'soon'], /30s, 2m or 1h/],
  [['p2p', 'status', '--timeout', '8d'], /30s, 2m or 1h/],
  [['task', 'claim', '12', '--for', 'a day'], /It is a time like 90 \(seconds\), 30m, 2h or 1d/],
  [['task', 'claim', '12', '--for', '400d'], /takes 1 to 31536000 as "for", not 34560000/],
  [['owner', 'export', 'key.age'], /required option '--passphrase-file <file>' not specified/],
]

for (const [words, expected] of wrongUsage) {
  test(`wrong usage is exit code 2 and says what is right: althing ${words.join(' ')}`, async (t) => {
    const cli = createTestCli(t, { answer: async () => assert.fail('a wrong command reached the node') })
    assert.equal(await cli.run(...words), 2)
    assert.match(cli.stderr(), expected)
    const json = createTestCli(t, { answer: async () => assert.fail('a wrong command reached the node') })
    assert.equal(await json.run(...words, '--json'), 2)
    const document: unknown = JSON.parse(json.stderr())
    assert.match(JSON.stringify(document), /^\{"error":\{"code":"USAGE_INVALID","message":"/)
  })
}

test('S26: a value that begins with a hyphen is never taken for a value where an option may stand', async (t) => {
  const cli = createTestCli(t, { answer: async () => assert.fail('it reached the node') })
  assert.equal(await cli.run('publish', '--upload-pack=touch /tmp/x'), 2)
  assert.match(cli.stderr(), /unknown option '--upload-pack/)
})

test('--offline opens the home without its hosts', async (t) => {
  const cli = createTestCli(t, { answer: async () => ({}), isRunning: false })
  await cli.run('install', 'axum', '--offline')
  await cli.run('install', 'axum')
  assert.deepEqual(
    cli.opened().map(({ peers }) => peers),
    [false, true],
  )
})

test('S26: after -- a value may begin with a hyphen, and reaches the node as that value', async (t) => {
  const inputs: unknown[] = []
  const cli = createTestCli(t, { answer: async (input) => inputs.push(Reflect.get(Object(input), 'query')) })
  assert.equal(await cli.run('search', '--', '--oProxyCommand=x'), 0)
  assert.deepEqual(inputs, [['--oProxyCommand=x']])
})

test('paths are made absolute in the directory of the caller, defaults too', async (t) => {
  const paths: unknown[] = []
  const answer = async (input: unknown) =>
    paths.push(...['path', 'target', 'directory'].map((name): unknown => Reflect.get(Object(input), name)))
  const cli = createTestCli(t, { answer })
  await cli.run('publish', './my-package')
  await cli.run('install', 'axum', '-t', 'vendor')
  assert.deepEqual(
    paths.filter((path) => path !== undefined),
    ['/home/ada/project/my-package', '/home/ada/project/vendor', '/home/ada/project'],
  )
})

test('an option that begins with no- is the flag it says, and is not set without it', async (t) => {
  const inputs: unknown[] = []
  const cli = createTestCli(t, { answer: async (input) => inputs.push(Reflect.get(Object(input), 'noDependencies')) })
  await cli.run('install', 'axum')
  await cli.run('install', 'axum', '--no-dependencies')
  assert.deepEqual(inputs, [false, true])
})

test('an answer that says in the field its operation names that there is something to see to is exit 1, in --json too', async (t) => {
  const answers = [true, true, false]
  const cli = createTestCli(t, { answer: async () => ({ packages: [], isOutdated: answers.shift() }) })
  assert.equal(await cli.run('outdated'), 1)
  assert.equal(await cli.run('outdated', '--json'), 1)
  assert.equal(await cli.run('outdated'), 0)
})

test('an option whose field has a hyphen reaches the node under its own name', async (t) => {
  const inputs: unknown[] = []
  const cli = createTestCli(t, { answer: async (input) => inputs.push(input) })
  await cli.run('owner', 'export', 'key.age', '--passphrase-file', 'words.txt')
  assert.deepEqual(inputs, [{ file: '/home/ada/project/key.age', 'passphrase-file': '/home/ada/project/words.txt' }])
})

test('--hive goes with the call', async (t) => {
  const hives: unknown[] = []
  const cli = createTestCli(t, { answer: async (_input, { hive }) => hives.push(hive) })
  await cli.run('search', 'rust', '--hive', 'workbench')
  assert.deepEqual(hives, ['workbench'])
})

test('escape sequences that peers wrote are shown, not obeyed', async (t) => {
  const cli = createTestCli(t, { answer: async () => ({ ...status, hive: { ...status.hive, name: 'x\u001B[2Jy' } }) })
  await cli.run('p2p', 'status')
  assert.ok(!cli.stdout().includes('\u001B'))
})

test('colour appears on a terminal and goes with NO_COLOR', async (t) => {
  const colored = createTestCli(t, { answer: async () => status, isTerminal: true })
  await colored.run('p2p', 'status')
  assert.ok(colored.stdout().includes('\u001B['))
  const plain = createTestCli(t, { answer: async () => status, isTerminal: true, isColorOff: true })
  await plain.run('p2p', 'status')
  assert.ok(!plain.stdout().includes('\u001B['))
})

test('without a node the command opens the home itself, with hosts only where peers are needed, and closes it', async (t) => {
  const cli = createTestCli(t, { answer: async () => status, isRunning: false })
  assert.equal(await cli.run('p2p', 'status'), 0)
  assert.equal(await cli.run('p2p', 'peers'), 0)
  assert.deepEqual(cli.opened(), [
    { peers: false, transient: true },
    { peers: true, transient: true },
  ])
  assert.equal(cli.closed(), 2)
})

test('a home that another command has is waited for', async (t) => {
  const cli = createTestCli(t, { answer: async () => status, isRunning: false, lockedTimes: 3 })
  assert.equal(await cli.run('p2p', 'status'), 0)
  assert.equal(cli.closed(), 1)
})

test('a home that stays busy is a fault after the wait', async (t) => {
  const cli = createTestCli(t, { answer: async () => status, isRunning: false, lockedTimes: 1_000_000 })
  assert.equal(await cli.run('p2p', 'status'), 1)
  assert.match(cli.stderr(), /HOME_BUSY/)
})

test('how long a task is held is said as other times are: a number alone is seconds', async (t) => {
  const told: unknown[] = []
  const cli = createTestCli(t, { answer: async (input) => void told.push((input as { readonly for: number }).for) })
  for (const time of ['90', '30m', '2h', '1d', '1500ms']) await cli.run('task', 'claim', '12', '--for', time, '--json')
  assert.deepEqual(told, [90, 1_800, 7_200, 86_400, 2])
})

test('--timeout ends a command that takes longer, with exit code 1', async (t) => {
  const cli = createTestCli(t, { answer: async (_input, { signal }) => untilAborted(signal) })
  assert.equal(await cli.run('search', '--timeout', '2s'), 1)
  assert.match(cli.stderr(), /not done after 2 s; allow more with --timeout \(TIMED_OUT\)/)
})

test('an interrupted command is exit code 130', async (t) => {
  const interrupt = new AbortController()
  const answer = async (_input: unknown, { signal }: CallOptions): Promise<unknown> => {
    setImmediate(() => interrupt.abort(new Error('SIGINT came')))
    return untilAborted(signal)
  }
  const cli = createTestCli(t, { answer, interrupted: interrupt.signal })
  assert.equal(await cli.run('search'), 130)
})

test('p2p stop without a node is a fault, not a start', async (t) => {
  const cli = createTestCli(t, { answer: async () => status, isRunning: false })
  assert.equal(await cli.run('p2p', 'stop'), 1)
  assert.match(cli.stderr(), /NODE_NOT_RUNNING/)
  assert.deepEqual(cli.opened(), [])
})

test('p2p stop returns when the process is gone', async (t) => {
  const cli = createTestCli(t, { answer: async () => ({ stopping: true, pid: 4711 }) })
  assert.equal(await cli.run('p2p', 'stop'), 0)
  assert.equal(cli.looksAtProcess(), 3)
})

test('p2p start on a home where a node runs is a fault that says how to see and end it', async (t) => {
  const cli = createTestCli(t, { answer: async () => status })
  assert.equal(await cli.run('p2p', 'start'), 1)
  assert.match(cli.stderr(), /althing p2p status.*althing p2p stop.*NODE_RUNNING/)
})

test('p2p start waits for a command that has the home, and says so when it goes on for too long', async (t) => {
  const cli = createTestCli(t, { answer: async () => status, isRunning: false, lockedTimes: 1_000_000 })
  assert.equal(await cli.run('p2p', 'start', '--timeout', '5s'), 1)
  assert.match(cli.stderr(), /waiting for another command on this home[^]*HOME_BUSY/)
  const interrupt = new AbortController()
  const answer = async (): Promise<unknown> => {
    setImmediate(() => interrupt.abort(new Error('SIGTERM came')))
    return status
  }
  const patient = createTestCli(t, { answer, isRunning: false, lockedTimes: 3, interrupted: interrupt.signal })
  assert.equal(await patient.run('p2p', 'start'), 0)
})

test('a node that is interrupted while it opens is exit code 130, not a bug', async (t) => {
  const cli = createTestCli(t, { answer: async () => status, isRunning: false, interrupted: AbortSignal.abort(new Error('SIGINT came')) })
  assert.equal(await cli.run('p2p', 'start'), 130)
  assert.equal(cli.stderr(), '')
})

test('p2p start says in one line where it listens and who it is, and ends in good order when asked', async (t) => {
  const interrupt = new AbortController()
  const answer = async (): Promise<unknown> => {
    setImmediate(() => interrupt.abort(new Error('SIGTERM came')))
    return status
  }
  const cli = createTestCli(t, { answer, isRunning: false, interrupted: interrupt.signal })
  assert.equal(await cli.run('p2p', 'start', '--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0'), 0)
  assert.match(
    cli.stdout(),
    /^node started on 0\.0\.0\.0:4001 · peer id 12D3KooWAda · hive "workbench" · connected to 1 bootstrap peer · DHT mode: server\n→ invite/,
  )
  assert.deepEqual(cli.opened(), [{ peers: true, transient: false }])
  assert.equal(cli.closed(), 1)
})

test('-q leaves a publish its name on stdout, and on stderr what it warns of', async (t) => {
  const answer = { status: 'published', name: 'axum', version: '1.0.0', leaving: false, warnings: ['kept as foreign: serde'] }
  const cli = createTestCli(t, { answer: async () => answer })
  assert.equal(await cli.run('publish', '.', '-q'), 0)
  assert.deepEqual([cli.stdout(), cli.stderr()], ['axum@1.0.0\n', '! kept as foreign: serde\n'])
})

test('a publish that found no copy before the node left is exit code 1, with its answer on stdout', async (t) => {
  const alone = { status: 'published', name: 'axum', version: '1.0.0', leaving: true, copies: { wanted: 3, confirmed: 0 } }
  const cli = createTestCli(t, { answer: async () => alone })
  assert.equal(await cli.run('publish', '.', '--json'), 1)
  assert.deepEqual(JSON.parse(cli.stdout()), alone)
  const staying = createTestCli(t, { answer: async () => ({ ...alone, leaving: false }) })
  assert.equal(await staying.run('publish', '.'), 0)
})

test('a bug is exit code 1, said to be one, with its stack only under -v', async (t) => {
  const answer = async () => {
    throw new TypeError('x is not a function')
  }
  const brief = createTestCli(t, { answer })
  assert.equal(await brief.run('search'), 1)
  assert.match(brief.stderr(), /this is a bug: TypeError: x is not a function/)
  assert.ok(!brief.stderr().includes('cli.test.ts'))
  const long = createTestCli(t, { answer })
  await long.run('search', '-v')
  assert.ok(long.stderr().includes('cli.test.ts'))
})

test('every command has help with examples, and help is exit code 0', async (t) => {
  const names = commandNames()
  assert.ok(names.length > 30, `${names.length} commands`)
  for (const name of names) {
    const cli = createTestCli(t, { answer: async () => assert.fail('help asked the node') })
    assert.equal(await cli.run(...name.split(' '), '--help'), 0, name)
    assert.match(cli.stdout(), /^Usage: althing [\s\S]*\nExamples:\n  \$ althing /, name)
    assert.equal(cli.stderr(), '', name)
  }
})

test('every operation has a command, and its examples are commands that parse', async (t) => {
  for (const { name, examples } of catalog) {
    assert.ok(examples.length > 0, `${name} has no example`)
    for (const { command } of examples) {
      const seen: unknown[] = []
      const answers = {
        answer: async (input: unknown) => seen.push(input),
        isRestoring: () => seen.push('restore'),
        askLine: async () => '',
      }
      const cli = createTestCli(t, answers)
      const words = splitWords(command)
      assert.equal(words[0], 'althing', command)
      assert.equal(await cli.run(...words.slice(1)), 0, `${command}: ${cli.stderr()}`)
      assert.equal(seen.length, 1, command)
    }
  }
})

function commandNames(): readonly string[] {
  const program = createProgram(
    { version: '0.1.0', workingDirectory: '/' },
    { onCommand: async () => {}, onStart: async () => {}, onUcxl: async () => {}, onHelp: () => {}, onUsageError: () => {} },
  )
  return program.commands.flatMap((command) => [command.name(), ...command.commands.map((child) => `${command.name()} ${child.name()}`)])
}

/** Words of an example as a shell would split them: blanks, and double or single quotes. */
function splitWords(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '')
}
