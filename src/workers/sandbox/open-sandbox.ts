import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { delimiter } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { workersFaults } from '../faults.ts'
import type { SandboxHost, SandboxLimits, SandboxNetwork } from '../rules/sandbox-arguments.ts'
import { optionsPipe, sandboxCommand, sandboxVariables } from '../rules/sandbox-arguments.ts'
import type { PipedChild } from '../../lib/spawn-piped.ts'
import { isSystemError, killGroup, spawnPiped } from '../../lib/spawn-piped.ts'
import { signalTree } from './process-tree.ts'
import type { Sandbox, SandboxProcess, SandboxSpawn } from './sandbox.ts'

export interface SandboxOptions {
  /** `auto`: bubblewrap or nothing runs. `none`: said in words by whoever runs the node, agents may do what its user may. */
  readonly kind: 'auto' | 'none'
  readonly network: SandboxNetwork
  readonly limits: SandboxLimits
  /** Absolute paths that every command may read beside those of the system: where runtimes and tools are. */
  readonly readable: readonly string[]
  /** The node's own search path; folders under homes are seen in a sandbox only when they are readable. */
  readonly searchPath: string
}

/** What a shell ends with when there is no such program. */
const notStarted = 127
/** Time that a question about the machine may take, in milliseconds. */
const probeTimeoutMs = 5_000

/** Finds out once what the machine has. @throws Fault SANDBOX_MISSING */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const searchPath = options.searchPath.split(delimiter).filter((path) => path.startsWith('/'))
  if (options.kind === 'none') return openBareSandbox(searchPath)
  const hasSizes = (await findFailure(probeOf(['--size', '4096', '--tmpfs', '/tmp']))) === undefined
  const failure = hasSizes ? undefined : await findFailure(probeOf([]))
  if (failure !== undefined)
    throw workersFaults.create('SANDBOX_MISSING', {
      message: `agents run in a sandbox made by bubblewrap, and it does not work here: ${failure}. Install bubblewrap and util-linux (and allow user namespaces), or set [workers] sandbox = "none" and let agents do whatever this user can`,
      data: { reason: failure },
    })
  const host: SandboxHost = { hasScopes: (await findFailure(scopeProbe)) === undefined, hasSizes, cpus: await readCpus() }
  const { network, limits, readable } = options
  const memory = host.hasScopes ? 'all processes together' : 'each process'
  return {
    holds: `bubblewrap · network ${network} · ${limits.cpus} CPUs · ${Math.round(limits.memoryBytes / 1_048_576)} MiB for ${memory}`,
    spawn: (command) => {
      const plan = { ...command, readable: [...readable, ...command.readable], searchPath, network, limits }
      const {
        argv: [program = '', ...rest],
        options: secret,
      } = sandboxCommand(plan, host)
      return startProcess(() => {
        const child = spawnPiped(program, rest, { cwd: '/', detached: true, env: outerVariables(), extraPipes: 1 })
        tellOptions(child, secret)
        return child
      })
    },
  }
}

/** Nothing is kept apart but the environment. */
function openBareSandbox(searchPath: readonly string[]): Sandbox {
  return {
    holds: 'no sandbox: agents may do whatever this user can',
    spawn: ({ argv: [program = '', ...rest], folder, variables }: SandboxSpawn) => {
      const env = { ...sandboxVariables({ searchPath, variables }), HOME: folder }
      return startProcess(() => spawnPiped(program, rest, { cwd: folder, detached: true, env }))
    },
  }
}

/** What `systemd-run` finds its manager by; bubblewrap clears it before the command starts. */
function outerVariables(): NodeJS.ProcessEnv {
  const uid = process.getuid?.() ?? 0
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    XDG_RUNTIME_DIR: `/run/user/${uid}`,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=/run/user/${uid}/bus`,
  }
}

/** Those that bubblewrap reads before it starts anything. One that ends before says why on stderr. */
function tellOptions({ stdio }: PipedChild, options: Uint8Array): void {
  const pipe = stdio[optionsPipe]
  if (!(pipe instanceof Writable)) throw new Error('a child was started without a pipe for its options')
  pipe.on('error', () => {})
  pipe.end(options)
}

/** Words that are longer than any program can be given are a failure of who said them, and not of this machine. */
function startProcess(start: () => PipedChild): SandboxProcess {
  try {
    return toProcess(start())
  } catch (error) {
    if (isSystemError(error) && error.code === 'E2BIG')
      return deadProcess('the words of the command are longer than a program can be given; put them in a file')
    throw error
  }
}

const doNothing = async (): Promise<void> => {}

/** A command that could not be started. */
function deadProcess(reason: string): SandboxProcess {
  const stdin = new Writable({ write: (_chunk, _encoding, done) => done() })
  const [stdout, stderr] = [Readable.from([]), Readable.from([Buffer.from(`${reason}\n`)])]
  return { stdin, stdout, stderr, exited: Promise.resolve(notStarted), kill: () => {}, pause: doNothing, resume: doNothing }
}

function toProcess(child: PipedChild): SandboxProcess {
  const { stdin, stdout, stderr, pid } = child
  // Whoever reads no input closes its end; that is no fault of ours.
  stdin.on('error', () => {})
  const exited = new Promise<number | undefined>((resolve) => {
    child.once('error', (error) => {
      stderr.push(`${error.message}\n`)
      resolve(notStarted)
    })
    child.once('exit', (code) => resolve(code ?? undefined))
  })
  // the group: without namespaces a command's children would outlive it
  const kill = (): void => killGroup(pid)
  const tell = (signal: 'SIGSTOP' | 'SIGCONT') => async (): Promise<void> => (pid === undefined ? undefined : signalTree(pid, signal))
  return { stdin, stdout, stderr, exited, kill, pause: tell('SIGSTOP'), resume: tell('SIGCONT') }
}

/** A look whether bubblewrap works, with some of its options. */
function probeOf(options: readonly string[]): readonly string[] {
  const kept = ['--ro-bind', '/', '/', ...options, '--unshare-all', '--cap-drop', 'ALL']
  return ['prlimit', '--core=0', '--', 'bwrap', ...kept, '--', 'true']
}

/** A look whether there are control groups, and whether what runs in them still has the pipe with the options. */
const scopeProbe = [
  ...['systemd-run', '--user', '--scope', '--quiet', '--collect', '--description', 'a look at what there is', '-p', 'MemoryMax=1G'],
  ...['--', 'test', '-e', `/proc/self/fd/${optionsPipe}`],
]

/** Undefined when a command ends well, else what it says. */
async function findFailure([program = '', ...rest]: readonly string[]): Promise<string | undefined> {
  const child = spawn(program, rest, { env: outerVariables(), stdio: ['ignore', 'ignore', 'pipe', 'ignore'], timeout: probeTimeoutMs })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(0, 500)))
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code) => resolve(code === 0 ? undefined : said.trim() || `${program} ended with ${code ?? 'a signal'}`))
  })
}

/** CPUs this process may run on. @see proc(5), Cpus_allowed_list */
async function readCpus(): Promise<readonly number[]> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status)?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number)
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
