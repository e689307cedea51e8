import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { delimiter } from 'node:path'
import { workersFaults } from '../faults.ts'
import type { SandboxHost, SandboxLimits, SandboxNetwork } from '../rules/sandbox-arguments.ts'
import { sandboxArguments, sandboxVariables } from '../rules/sandbox-arguments.ts'
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

/** Time that a question about the machine may take, in milliseconds. */
const probeTimeoutMs = 5_000

/** Finds out once what the machine has. @throws Fault SANDBOX_MISSING */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const searchPath = options.searchPath.split(delimiter).filter((path) => path.startsWith('/'))
  if (options.kind === 'none') return openBareSandbox(searchPath)
  const failure = await findFailure([
    'prlimit',
    '--core=0',
    '--',
    'bwrap',
    '--ro-bind',
    '/',
    '/',
    '--unshare-all',
    '--cap-drop',
    'ALL',
    '--',
    'true',
  ])
  if (failure !== undefined)
    throw workersFaults.create('SANDBOX_MISSING', {
      message: `agents run in a sandbox made by bubblewrap, and it does not work here: ${failure}. Install bubblewrap and util-linux (and allow user namespaces), or set [workers] sandbox = "none" and let agents do whatever this user can`,
      data: { reason: failure },
    })
  const hasScopes =
    (await findFailure(['systemd-run', '--user', '--scope', '--quiet', '--collect', '-p', 'MemoryMax=1G', '--', 'true'])) === undefined
  const host: SandboxHost = { hasScopes, cpus: await readCpus() }
  const { network, limits, readable } = options
  const memory = hasScopes ? 'all processes together' : 'each process'
  return {
    holds: `bubblewrap · network ${network} · ${limits.cpus} CPUs · ${Math.round(limits.memoryBytes / 1_048_576)} MiB for ${memory}`,
    spawn: (command) => {
      const plan = { ...command, readable: [...readable, ...command.readable], searchPath, network, limits }
      const [program = '', ...rest] = sandboxArguments(plan, host)
      return toProcess(spawn(program, rest, { cwd: '/', detached: true, env: outerVariables(), stdio: 'pipe' }))
    },
  }
}

/** Nothing is kept apart but the environment. */
function openBareSandbox(searchPath: readonly string[]): Sandbox {
  return {
    holds: 'no sandbox: agents may do whatever this user can',
    spawn: ({ argv: [program = '', ...rest], folder, variables }: SandboxSpawn) => {
      const env = { ...sandboxVariables({ searchPath, variables }), HOME: folder }
      return toProcess(spawn(program, rest, { cwd: folder, detached: true, env, stdio: 'pipe' }))
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

function toProcess(child: ChildProcess): SandboxProcess {
  const { stdin, stdout, stderr, pid } = child
  if (stdin === null || stdout === null || stderr === null) throw new Error('a child with pipes has none')
  // Whoever reads no input closes its end; that is no fault of ours.
  stdin.on('error', () => {})
  const exited = new Promise<number | undefined>((resolve) => {
    child.once('error', (error) => {
      stderr.push(`${error.message}\n`)
      resolve(127)
    })
    child.once('exit', (code) => resolve(code ?? undefined))
  })
  const kill = (): void => {
    if (pid === undefined) return
    try {
      // the group: without namespaces a command's children would outlive it
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
  const tell = (signal: 'SIGSTOP' | 'SIGCONT') => async (): Promise<void> => (pid === undefined ? undefined : signalTree(pid, signal))
  return { stdin, stdout, stderr, exited, kill, pause: tell('SIGSTOP'), resume: tell('SIGCONT') }
}

/** Undefined when a command ends well, else what it says. */
async function findFailure([program = '', ...rest]: readonly string[]): Promise<string | undefined> {
  const child = spawn(program, rest, { env: outerVariables(), stdio: ['ignore', 'ignore', 'pipe'], timeout: probeTimeoutMs })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(0, 500)))
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
