import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { althing, launcher, loopback, root, start, startNode, startProgram, temporaryHome } from './command.ts'

const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }).version

/** Makes a process say that it is an old runtime, and the one it starts say what it is. */
const oldOnce = `if (!process.env.SECOND) Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } }); process.env.SECOND = '1'`

test('--version prints the version alone', async (t) => {
  const { code, stdout, stderr } = await althing(['--version'], { home: temporaryHome(t) })
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: `${version}\n`, stderr: '' })
})

test('a runtime that is too old, with none beside it, is said in one line', (t) => {
  const folder = temporaryHome(t)
  mkdirSync(join(folder, 'bin'))
  copyFileSync(launcher, join(folder, 'bin', 'althing.js'))
  writeFileSync(join(folder, 'bin', 'package.json'), '{"type": "commonjs"}')
  writeFileSync(join(folder, 'old.cjs'), `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`)
  const { status, stderr } = spawnSync(
    process.execPath,
    ['-r', join(folder, 'old.cjs'), join(folder, 'bin', 'althing.js'), 'p2p', 'status'],
    { encoding: 'utf8' },
  )
  assert.deepEqual({ status, stderr }, { status: 1, stderr: 'althing needs Node 24 or newer, this is 20.20\n' })
})

test('an old runtime starts the one beside it, and keeps its exit code', (t) => {
  const folder = temporaryHome(t)
  writeFileSync(join(folder, 'old.cjs'), oldOnce)
  const run = (words: readonly string[]) =>
    spawnSync(process.execPath, ['-r', join(folder, 'old.cjs'), launcher, ...words], {
      encoding: 'utf8',
      env: { ...process.env, ALTHING_HOME: folder },
    })
  assert.equal(run(['p2p', 'stop']).status, 1)
  assert.equal(run(['p2p', 'stop', '--nonsense']).status, 2)
  assert.equal(run(['--help']).status, 0)
})

test('a node whose launcher was killed ends in good order, and the next one starts', async (t) => {
  const home = temporaryHome(t)
  writeFileSync(join(home, 'old.cjs'), oldOnce)
  const words = [process.execPath, '-r', join(home, 'old.cjs'), launcher, 'p2p', 'start', ...loopback]
  const launched = startProgram(words, { home })
  await launched.until(/node started on /)
  launched.kill('SIGKILL')
  // its pipes are closed by the node, too, once it is gone
  await Promise.race([launched.ended, sleep(20_000, undefined, { ref: false }).then(() => assert.fail('the node lives on'))])
  await startNode(t, { home })
})

test('SIGTERM to the group of a launcher under an old runtime ends the node in good order', async (t) => {
  const home = temporaryHome(t)
  writeFileSync(join(home, 'old.cjs'), oldOnce)
  const words = [process.execPath, '-r', join(home, 'old.cjs'), launcher, 'p2p', 'start', ...loopback]
  const child = spawn(words[0] ?? '', words.slice(1), {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ALTHING_HOME: home },
  })
  const ended = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  for await (const chunk of child.stdout) if ((said += String(chunk)).includes('node started on ')) break
  process.kill(-(child.pid ?? 0), 'SIGTERM')
  assert.deepEqual(await ended, [0, null])
})

test('wrong usage is exit code 2, a fault 1, help 0; errors are on stderr alone', async (t) => {
  const home = temporaryHome(t)
  const usage = await althing(['p2p', 'status', '--jsno'], { home })
  assert.deepEqual([usage.code, usage.stdout], [2, ''])
  assert.match(usage.stderr, /Did you mean --json\?/)
  const fault = await althing(['p2p', 'stop', '--json'], { home })
  assert.deepEqual([fault.code, fault.stdout], [1, ''])
  assert.equal((JSON.parse(fault.stderr) as { readonly error: { readonly code: string } }).error.code, 'NODE_NOT_RUNNING')
  const help = await althing(['p2p', 'start', '--help'], { home })
  assert.deepEqual([help.code, help.stderr], [0, ''])
  assert.match(help.stdout, /Examples:/)
})

test('what does not parse on a line is wrong usage, whichever part finds out', async (t) => {
  const home = temporaryHome(t)
  for (const words of [
    ['p2p', 'start', '--listen', 'foo'],
    ['hive', 'join', 'abc'],
    ['hive', 'create', 'No Name'],
  ]) {
    const { code, stderr } = await althing(words, { home })
    assert.equal(code, 2, stderr)
  }
})

test('a broken configuration stops the command and names file, line and column', async (t) => {
  const home = temporaryHome(t)
  writeFileSync(join(home, 'config.toml'), '[network]\nmdns = \n')
  const { code, stderr } = await althing(['p2p', 'status'], { home })
  assert.equal(code, 1)
  assert.match(stderr, /config\.toml:2:\d+: .*\(CONFIG_SYNTAX\)/)
})

test('a home that is mistyped is not made by a command that only reads', async (t) => {
  const home = join(temporaryHome(t), 'mistyped')
  for (const words of [['p2p', 'status'], ['search', 'rust'], ['install']]) {
    const { code, stdout, stderr } = await althing(words, { home })
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /HOME_MISSING/)
  }
  assert.equal((await althing(['hive', 'join', 'althing-bogus'], { home })).code, 2)
  assert.match((await althing(['p2p', 'start', '--listen', 'nonsense'], { home })).stderr, /ADDRESS_INVALID/)
  const folder = join(temporaryHome(t), 'foo')
  assert.equal((await althing(['init', folder], { home })).code, 0)
  assert.equal(existsSync(home), false)
})

test('without a node p2p status answers from the home, says that none runs and what to do', async (t) => {
  const home = temporaryHome(t)
  await althing(['hive', 'create', 'workshop'], { home })
  const { code, stdout, stderr } = await althing(['p2p', 'status', '--json'], { home })
  assert.deepEqual([code, stderr], [0, ''])
  const status = JSON.parse(stdout) as { readonly isRunning: boolean; readonly hints: readonly string[] }
  assert.equal(status.isRunning, false)
  assert.match(status.hints.join('\n'), /althing p2p start/)
})

// One home, and so few starts: each scene begins with the node that the one before left running.
test('a node on one home', async (t) => {
  const home = temporaryHome(t)
  let node = await startNode(t, { home })
  const before = await peerId(home)

  await t.test('a node starts, answers commands of other processes, and refuses to be started twice', async () => {
    const status = JSON.parse((await althing(['p2p', 'status', '--json'], { home })).stdout) as {
      readonly isRunning: boolean
      readonly listen: readonly string[]
    }
    assert.equal(status.isRunning, true)
    assert.match(status.listen[0] ?? '', /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW/)
    const second = await althing(['p2p', 'start', ...loopback], { home })
    assert.equal(second.code, 1)
    assert.match(second.stderr, /NODE_RUNNING/)
  })

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const) {
    await t.test(
      `${signal} ends the node in good order with exit code ${exitCode}, and the next start finds its home as it was`,
      async () => {
        node.kill(signal)
        assert.deepEqual(await node.ended.then(({ code, signal: by, stderr }) => [code, by, stderr]), [exitCode, null, ''])
        node = await startNode(t, { home })
        assert.equal(await peerId(home), before)
      },
    )
  }

  await t.test('F1: a node that was killed leaves nothing that keeps the next one from starting', async () => {
    node.kill('SIGKILL')
    await node.ended
    assert.equal((await althing(['p2p', 'stop'], { home })).code, 1)
    node = await startNode(t, { home })
    assert.equal(await peerId(home), before)
  })

  await t.test('a node ends on p2p stop with everything closed', async () => {
    assert.equal((await althing(['p2p', 'stop'], { home })).code, 0)
    const { code, stderr } = await node.ended
    assert.equal(code, 0, stderr)
  })
})

test('--detach returns when the node answers, its log is in the home, and p2p stop ends it', async (t) => {
  const home = temporaryHome(t)
  const started = await althing(['p2p', 'start', '--detach', ...loopback], { home })
  const status = await althing(['p2p', 'status'], { home })
  const logMode = statSync(join(home, 'node.log')).mode & 0o777
  // Ended before anything is asserted, and before the home goes: it would outlive the test.
  const stopped = await althing(['p2p', 'stop', '--json'], { home })
  assert.equal(started.code, 0, started.stderr)
  assert.match(started.stdout, /^node started on 127\.0\.0\.1:\d+ · peer id 12D3KooW/)
  assert.equal(status.code, 0)
  assert.equal(logMode, 0o600)
  assert.equal(stopped.code, 0, stopped.stderr)
  const { pid } = JSON.parse(stopped.stdout) as { readonly pid: number }
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('a node in the background that cannot start is a fault with the end of its log', async (t) => {
  const home = temporaryHome(t)
  writeFileSync(join(home, 'config.toml'), '[network]\nmdns = \n')
  const { code, stderr } = await althing(['p2p', 'start', '--detach', ...loopback], { home })
  assert.equal(code, 1)
  assert.match(stderr, /CONFIG_SYNTAX[\s\S]*NODE_START_FAILED/)
  const again = await althing(['p2p', 'start', '--detach', ...loopback], { home })
  assert.equal(again.stderr.split('CONFIG_SYNTAX').length, 2, 'the first attempt is not told again')
})

test('an interrupted command is exit code 130', async (t) => {
  const home = temporaryHome(t)
  // a home with keys: what only reads makes none, and would end with that
  assert.equal((await althing(['hive', 'create', 'workshop'], { home })).code, 0)
  const holder = await startHolder(home)
  t.after(() => holder.kill())
  const command = start(['p2p', 'status'], { home })
  await command.until(/waiting for another command on this home/)
  command.kill('SIGINT')
  assert.equal((await command.ended).code, 130)
})

test('S28: keys, the HTTP token and an invite are in no log and no file that others may read', async (t) => {
  const home = temporaryHome(t)
  const node = await startNode(t, { home, env: { ALTHING_LOG_LEVEL: 'debug' } })
  const invite = JSON.parse((await althing(['hive', 'invite', '--json'], { home })).stdout) as { readonly code: string }
  await fetchEverything(home)
  node.kill('SIGTERM')
  const { stdout, stderr } = await node.ended
  const secrets = [readFileSync(join(home, 'http.token'), 'utf8').trim(), invite.code, ...privateKeys(home)]
  for (const secret of secrets) assert.ok(!`${stdout}${stderr}`.includes(secret))
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.ok(files.length > 5)
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name)
    assert.equal(statSync(path).mode & 0o077, 0, `others may read ${path}`)
    if (!parentPath.endsWith('keys') && name !== 'http.token')
      for (const secret of secrets) assert.ok(!readFileSync(path).includes(secret), `a secret lies in ${path}`)
  }
})

async function peerId(home: string): Promise<string> {
  const { stdout } = await althing(['p2p', 'status', '--json'], { home })
  return (JSON.parse(stdout) as { readonly node: { readonly peerId: string } }).node.peerId
}

/** A process that has the write lock of a home and answers nobody. */
async function startHolder(home: string): Promise<{ readonly kill: () => void }> {
  const { openWriteLock } = await import('../../src/store/write-lock.ts')
  const { systemClock } = await import('../../src/lib/clock.ts')
  const lock = await openWriteLock({ path: join(home, 'lock.sqlite'), clock: systemClock, waitMs: 0, signal: new AbortController().signal })
  return { kill: () => void lock[Symbol.asyncDispose]() }
}

/** What a curious program would try at the HTTP interface. */
async function fetchEverything(home: string): Promise<void> {
  const { stdout } = await althing(['p2p', 'status', '--json'], { home })
  const { http } = JSON.parse(stdout) as { readonly http: string }
  for (const path of ['/', '/health/live', '/health/ready', '/v1/operations/p2p.status', '/../http.token']) {
    await (await fetch(`${http}${path}`, { headers: { authorization: 'Bearer wrong' } })).text()
  }
}

/** Contents of the files of the home that only its owner may read and that hold keys, as text of several kinds. */
/** The seed of each key, in every way in which it may be written. */
function privateKeys(home: string): readonly string[] {
  return ['node.key', 'owner.key'].flatMap((name) => {
    const [, seed = ''] = readFileSync(join(home, 'keys', name), 'utf8').split(' ')
    const bytes = Buffer.from(seed, 'base64url')
    assert.equal(bytes.byteLength, 32, name)
    return (['hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).replace(/=+$/, ''))
  })
}
