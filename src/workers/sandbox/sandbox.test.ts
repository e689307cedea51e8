import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Clock } from '../../lib/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { SandboxResult } from '../driver.ts'
import { openSandbox } from './open-sandbox.ts'
import type { SandboxOptions } from './open-sandbox.ts'
import { runCommand } from './run-command.ts'
import type { Sandbox, SandboxSpawn } from './sandbox.ts'

const base: SandboxOptions = {
  kind: 'auto',
  network: 'none',
  limits: { memoryBytes: 268_435_456, cpus: 1, processes: 64 },
  readable: [],
  searchPath: '/usr/local/bin:/usr/bin:/bin',
}
const root = mkdtempSync(join(tmpdir(), 'althing-sandbox-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** The sandbox of this machine, or undefined where there is none and the test says so. */
async function openHere(t: TestContext, options: Partial<SandboxOptions> = {}): Promise<Sandbox | undefined> {
  try {
    return await openSandbox({ ...base, ...options })
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'SANDBOX_MISSING') throw error
    t.skip('no sandbox works on this machine')
    return undefined
  }
}

function treeOf(name: string): string {
  const tree = join(root, name)
  mkdirSync(tree)
  writeFileSync(join(tree, '.git'), 'gitdir: /nowhere\n')
  return tree
}

async function runShell(
  sandbox: Sandbox,
  tree: string,
  script: string,
  options: { readonly timeoutMs?: number; readonly maxOutputBytes?: number; readonly variables?: Record<string, string> } = {},
) {
  const { variables = {}, ...rest } = options
  const command = { argv: ['sh', '-c', script], folder: tree, writable: [tree], readable: [join(tree, '.git')], variables }
  const limits = { timeoutMs: 20_000, maxOutputBytes: 10_000, ...rest, signal: new AbortController().signal }
  return runCommand({ sandbox, clock: systemClock }, command, limits)
}
/** The machine's clock, on which the next look at a lease comes when it is told to. */
function createStepClock(): Clock & { readonly step: () => Promise<void> } {
  let due = Promise.withResolvers<() => void>()
  return {
    ...systemClock,
    schedule: (ms, wake) => {
      if (ms !== 500) return systemClock.schedule(ms, wake)
      due.resolve(wake)
      return () => {}
    },
    step: async () => {
      const wake = await due.promise
      due = Promise.withResolvers()
      wake()
      // the look is over when the next one is scheduled
      await due.promise
    },
  }
}

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // it is gone already
    return ''
  }
}
/** A letter for the state of each process that works in a folder: `T` is stopped, `D` waits for a child that is, and is about to begin. @see proc(5) */
function statesIn(folder: string): string {
  const isIn = (pid: string): boolean => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder
    } catch {
      // it is gone, or another user's
      return false
    }
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isIn(name))
  return pids.map((pid) => /^State:\s*(\w)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? '').join('')
}

async function until(isTrue: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(20_000)
  while (!isTrue()) await systemClock.sleep(20, { signal })
}
const said = (result: SandboxResult): string => Buffer.from(result.stdout).toString().trim()

test('a command works in its tree, and what it writes stays', async (t) => {
  const sandbox = await openHere(t)
  if (sandbox === undefined) return
  const tree = treeOf('work')
  const result = await runShell(sandbox, tree, 'echo hello > a.txt; pwd; exit 3')
  assert.deepEqual([result.exitCode, said(result), result.wasCut], [3, tree, false])
  assert.equal(readFileSync(join(tree, 'a.txt'), 'utf8'), 'hello\n')
})

test('S23: keys, tokens, other trees, the socket and the environment of the node are out of reach', async (t) => {
  const sandbox = await openHere(t)
  if (sandbox === undefined) return
  const tree = treeOf('reach')
  const other = treeOf('other')
  for (const path of [join(root, 'canary-key'), join(other, 'canary')]) writeFileSync(path, 'canary-4711')
  writeFileSync(join(tree, 'own'), 'canary-of-the-tree')
  process.env['CANARY_TOKEN'] = 'canary-4711'
  t.after(() => delete process.env['CANARY_TOKEN'])
  const socket = createServer()
  await new Promise<void>((listening) => socket.listen(join(root, 'canary-4711.sock'), listening))
  t.after(() => socket.close())
  const neighbour = spawn('sh', ['-c', 'cat', 'process-canary-4711'], {
    env: { TOKEN: 'canary-4711' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  t.after(() => neighbour.kill())
  const reads = `env; cat ${root}/canary-key ${other}/canary; ls ${root} /root /home; cat /proc/1/environ /proc/*/environ /proc/*/cmdline`
  const script = `${reads}; grep -r canary- ${root} /tmp /etc /run /var /home 2>/dev/null; true`
  const options = { maxOutputBytes: 1_000_000, variables: { OWN: 'canary-of-the-task' } }
  const found = Buffer.from((await runShell(sandbox, tree, script, options)).stdout).toString()
  assert.ok(!found.includes('canary-4711'))
  // the same words find what is within reach
  for (const own of ['OWN=canary-of-the-task', `${tree}/own:canary-of-the-tree`]) assert.ok(found.includes(own), own)
  const bare = await openSandbox({ ...base, kind: 'none' })
  const open = said(await runShell(bare, treeOf('reach-bare'), `${reads}; true`, { maxOutputBytes: 16_000_000 }))
  for (const one of ['canary-4711canary-4711', 'canary-4711.sock', 'TOKEN=canary-4711', 'process-canary-4711'])
    assert.ok(open.includes(one), one)
})

test('S28: no command line of the machine shows the variables of a command, while it runs', async (t) => {
  const sandbox = await openHere(t)
  if (sandbox === undefined) return
  const tree = treeOf('lines')
  const child = sandbox.spawn({
    ...{ argv: ['sh', '-c', 'echo "$API_KEY"; cat', 'marker-of-lines'], folder: tree, writable: [tree], readable: [] },
    variables: { API_KEY: 'canary-of-lines' },
  })
  t.after(() => child.kill())
  const [first] = await once(child.stdout, 'data')
  assert.equal(String(first), 'canary-of-lines\n')
  const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const words = lines.map((pid) => readIfThere(`/proc/${pid}/cmdline`)).join('\n')
  assert.ok(words.includes('marker-of-lines'))
  assert.ok(!words.includes('canary-of-lines'))
  child.stdin.end()
  assert.equal(await child.exited, 0)
})

test('what a command keeps in memory as files is bounded, wherever it may write', async (t) => {
  const sandbox = await openHere(t, { limits: { ...base.limits, memoryBytes: 67_108_864 } })
  if (sandbox === undefined) return
  const fill = (path: string): string => `head -c 40000000 /dev/zero > ${path}/much; [ -e ${path}/much ] && wc -c < ${path}/much`
  const places = ['/tmp', '"$HOME"', '/dev/shm', '/run', '/', '/dev']
  const sizes = said(await runShell(sandbox, treeOf('memory-files'), `${places.map(fill).join('; ')}; true`))
  assert.deepEqual(sizes.split('\n'), ['33554432', '16777216', '8388608', '8388608'])
})

test('S24: what the sandbox may not change of its tree it cannot change', async (t) => {
  const sandbox = await openHere(t)
  if (sandbox === undefined) return
  const tree = treeOf('git')
  const result = await runShell(sandbox, tree, 'echo evil > .git; rm -f .git; mv .git moved; true')
  assert.equal(result.exitCode, 0)
  assert.equal(readFileSync(join(tree, '.git'), 'utf8'), 'gitdir: /nowhere\n')
})

test('S22: without a network nothing is reached, not even this machine', async (t) => {
  const server = createServer((socket) => socket.end('reached'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`
  const reach = async (network: SandboxOptions['network']): Promise<string | undefined> => {
    const sandbox = await openHere(t, { network })
    return sandbox === undefined ? undefined : said(await runShell(sandbox, treeOf(`net-${network}`), `bash -c '${script}'`))
  }
  const apart = await reach('none')
  if (apart === undefined) return
  assert.deepEqual([apart, await reach('full')], ['', 'reached'])
})

test('a command that runs too long or says too much is ended with all it started', async (t) => {
  const sandbox = await openHere(t)
  if (sandbox === undefined) return
  const tree = treeOf('limits')
  const late = await runShell(sandbox, tree, 'sleep 100 & sleep 100', { timeoutMs: 300 })
  assert.deepEqual([late.exitCode, late.wasCut], [undefined, true])
  const began = performance.now()
  const loud = await runShell(sandbox, tree, 'yes', { maxOutputBytes: 1_000 })
  assert.ok(performance.now() - began < 15_000, 'it was not ended by what it said, but by its time')
  assert.deepEqual([loud.stdout.length, loud.wasCut], [1_000, true])
})

test('a process that takes more memory than it may is refused it', async (t) => {
  const sandbox = await openHere(t)
  if (sandbox === undefined) return
  const fill = 'head -c 400000000 /dev/zero | tail -c 390000000 | wc -c'
  assert.equal(said(await runShell(sandbox, treeOf('memory'), fill)), '0')
  const roomy = await openHere(t, { limits: { ...base.limits, memoryBytes: 1_073_741_824 } })
  assert.equal(roomy && said(await runShell(roomy, treeOf('roomy'), fill)), '390000000')
})

test('a run that is called off ends the command and rejects with the reason', async (t) => {
  const sandbox = await openHere(t)
  if (sandbox === undefined) return
  const tree = treeOf('off')
  const controller = new AbortController()
  const command = { argv: ['sh', '-c', 'echo started; sleep 100'], folder: tree, writable: [tree], readable: [], variables: {} }
  const spawned = {
    ...sandbox,
    spawn: (given: SandboxSpawn) => {
      const child = sandbox.spawn(given)
      child.stdout.once('data', () => controller.abort(new Error('called off')))
      return child
    },
  }
  const options = { timeoutMs: 20_000, maxOutputBytes: 1_000, signal: controller.signal }
  await assert.rejects(runCommand({ sandbox: spawned, clock: systemClock }, command, options), /called off/)
})

test('a program that is not there ends with 127 and the reason', async () => {
  const bare = await openSandbox({ ...base, kind: 'none' })
  const tree = treeOf('bare')
  const command = { argv: ['no-such-program'], folder: tree, writable: [tree], readable: [], variables: {} }
  const options = { timeoutMs: 5_000, maxOutputBytes: 1_000, signal: new AbortController().signal }
  const result = await runCommand({ sandbox: bare, clock: systemClock }, command, options)
  assert.equal(result.exitCode, 127)
  assert.match(Buffer.from(result.stderr).toString(), /ENOENT/)
})

test('words that are longer than a program can be given are a failure of the command, and of nothing else', async () => {
  const bare = await openSandbox({ ...base, kind: 'none' })
  const result = await runShell(bare, treeOf('long'), `: ${'x'.repeat(200_000)}`)
  assert.equal(result.exitCode, 127)
  assert.match(Buffer.from(result.stderr).toString(), /longer than a program can be given/)
})

test('S28: without a sandbox the environment of the node is still not handed on', async (t) => {
  process.env['CANARY_TOKEN'] = 'canary-4711'
  t.after(() => delete process.env['CANARY_TOKEN'])
  const bare = await openSandbox({ ...base, kind: 'none' })
  assert.match(bare.holds, /no sandbox/)
  const result = await runShell(bare, treeOf('bare-environment'), 'env')
  assert.ok(!said(result).includes('canary-4711'))
})

test(
  'without a sandbox a daemon that keeps the pipes open holds up neither a limit nor a run that is called off',
  { timeout: 60_000 },
  async (t) => {
    const bare = await openSandbox({ ...base, kind: 'none' })
    const tree = treeOf('bare-daemon')
    const daemon = 'setsid sh -c "echo \\$\\$ >> pids; exec sleep 1000" & echo started; sleep 1000'
    t.after(() => {
      for (const pid of readFileSync(join(tree, 'pids'), 'utf8').trim().split('\n')) process.kill(Number(pid), 'SIGKILL')
    })
    const late = await runShell(bare, tree, daemon, { timeoutMs: 300 })
    assert.deepEqual([late.wasCut, said(late)], [true, 'started'])
    const controller = new AbortController()
    const command = { argv: ['sh', '-c', daemon], folder: tree, writable: [tree], readable: [], variables: {} }
    const spawned = {
      ...bare,
      spawn: (given: SandboxSpawn) => {
        const child = bare.spawn(given)
        child.stdout.once('data', () => controller.abort(new Error('called off')))
        return child
      },
    }
    const options = { timeoutMs: 20_000, maxOutputBytes: 1_000, signal: controller.signal }
    await assert.rejects(runCommand({ sandbox: spawned, clock: systemClock }, command, options), /called off/)
  },
)

for (const kind of ['auto', 'none'] as const)
  test(`rule 10: a command with sandbox ${kind} stands still with all it started while the lease is not confirmed`, async (t) => {
    const sandbox = await openHere(t, { kind })
    if (sandbox === undefined) return
    const tree = treeOf(`pause-${kind}`)
    const script = 'sh -c "while :; do echo x >> ticks; sleep 0.02; done" & child=$!; while [ ! -e end ]; do sleep 0.02; done; kill $child'
    const clock = createStepClock()
    let mayWork = true
    const command = { argv: ['sh', '-c', script], folder: tree, writable: [tree], readable: [], variables: {} }
    const over = new AbortController()
    t.after(() => over.abort())
    const options = { timeoutMs: 20_000, maxOutputBytes: 1_000, mayWork: () => mayWork, signal: over.signal }
    const ended = runCommand({ sandbox, clock }, command, options)
    ended.catch(() => {})
    const ticks = (): number => (existsSync(join(tree, 'ticks')) ? statSync(join(tree, 'ticks')).size : 0)
    await until(() => ticks() > 4)
    mayWork = false
    await clock.step()
    // a process that was told to stop does so when it has its turn
    await until(() => /^[TD]*T[TD]*$/.test(statesIn(tree)))
    const stopped = ticks()
    mayWork = true
    await clock.step()
    await until(() => ticks() > stopped + 4)
    writeFileSync(join(tree, 'end'), '')
    assert.equal((await ended).exitCode, 0)
  })
