import { encodeText } from '../../lib/bytes.ts'

/** What a command in the sandbox sees and may use. Everything not named here is not there. */
export interface SandboxPlan {
  /** The command and its arguments; a name without a slash is looked for in `searchPath`. */
  readonly argv: readonly string[]
  /** Absolute; what it starts in, within `writable`. */
  readonly folder: string
  /** Absolute paths that it may read, and write to. */
  readonly writable: readonly string[]
  /** Absolute paths that it may read. One within a writable path is read-only all the same. */
  readonly readable: readonly string[]
  /** All the variables it has beside those every command has. */
  readonly variables: Readonly<Record<string, string>>
  readonly searchPath: readonly string[]
  readonly network: SandboxNetwork
  readonly limits: SandboxLimits
}

/** `none`: not even loopback of the host. `full`: what the machine can reach. */
export type SandboxNetwork = 'none' | 'full'

export interface SandboxLimits {
  /** Memory, in bytes: of each process, of the files in memory together, and where control groups can be had of all that. */
  readonly memoryBytes: number
  /** CPUs used at once. */
  readonly cpus: number
  /** Processes and threads, where control groups can be had. */
  readonly processes: number
}

/** What of the machine can be had for limits. */
export interface SandboxHost {
  /** Whether `systemd-run --user --scope` gives control groups. */
  readonly hasScopes: boolean
  /** Whether bubblewrap gives folders in memory a size: since 0.7. */
  readonly hasSizes: boolean
  /** CPUs this process may run on. */
  readonly cpus: readonly number[]
}

/** How a plan is run under bubblewrap. */
export interface SandboxCommand {
  /** A command line that every user of the machine can read. */
  readonly argv: readonly string[]
  /** The options of bubblewrap, variables and what is secret in them included: for the pipe that it knows by `optionsPipe`. */
  readonly options: Uint8Array
}

/** The number of the pipe with the options of bubblewrap. */
export const optionsPipe = 3

/** Where the agent's home is, in the sandbox: empty, in memory, gone with it. */
const sandboxHome = '/home/agent'
/** Folders in memory that every command may write to, each with its part of the memory of a command. */
const memoryFolders: readonly (readonly [path: string, part: number])[] = [
  ['/tmp', 1 / 2],
  [sandboxHome, 1 / 4],
  ['/dev/shm', 1 / 8],
  ['/run', 1 / 8],
]
/** What every command of a system needs to run at all; none of it is anybody's secret. */
const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/nix/store']
const systemFiles = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/group',
  '/etc/hosts',
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/etc/nsswitch.conf',
  '/etc/passwd',
  '/etc/pki',
  '/etc/protocols',
  '/etc/resolv.conf',
  '/etc/services',
  '/etc/ssl',
]

/**
 * How bubblewrap runs a plan.
 *
 * Namespaces of its own for users, processes, mounts, IPC, host name and, unless it may use the network, the network; no capability, no
 * terminal to write into, an environment from nothing; it ends when its parent does. S28: variables go over a pipe, as words of a command line
 * can be read by everybody on the machine.
 *
 * @throws `TypeError` for a zero byte, which no path and no variable can have
 */
export function sandboxCommand(plan: SandboxPlan, host: SandboxHost): SandboxCommand {
  return {
    argv: [...limitArguments(plan.limits, host), 'bwrap', '--args', String(optionsPipe), '--', ...plan.argv],
    options: encodeOptions(sandboxOptions(plan, host)),
  }
}

/** The options of bubblewrap that hold any command: what `host` says it has is used. */
export function sandboxOptions(
  { folder, writable, readable, network, ...plan }: Omit<SandboxPlan, 'argv'>,
  host: SandboxHost,
): readonly string[] {
  return [
    ...['--unshare-all', ...(network === 'full' ? ['--share-net'] : []), '--die-with-parent', '--new-session'],
    ...['--uid', '1000', '--gid', '1000', '--cap-drop', 'ALL', '--hostname', 'sandbox', '--clearenv'],
    ...[...systemFolders, ...systemFiles].flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev', ...memoryArguments(plan.limits, host)],
    ...readable.filter((path) => !isWithinAny(path, writable)).flatMap((path) => ['--ro-bind-try', path, path]),
    ...writable.flatMap((path) => ['--bind', path, path]),
    // After what they lie in: the later of two mounts is the one that is seen.
    ...readable.filter((path) => isWithinAny(path, writable)).flatMap((path) => ['--ro-bind-try', path, path]),
    // both are folders in memory too, of no size; last, as nothing can be mounted in them after
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...Object.entries(sandboxVariables(plan)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', folder],
  ]
}

function memoryArguments({ memoryBytes }: SandboxLimits, { hasSizes }: SandboxHost): readonly string[] {
  return memoryFolders.flatMap(([path, part]) => [
    ...(hasSizes ? ['--size', String(Math.max(1, Math.floor(memoryBytes * part)))] : []),
    ...['--tmpfs', path],
  ])
}

/** @see bwrap(1), --args: each ends with a zero byte, so that one within a word would make two options of it */
function encodeOptions(options: readonly string[]): Uint8Array {
  if (options.some((word) => word.includes('\0'))) throw new TypeError('a path or variable of a command has a zero byte')
  return encodeText(options.map((word) => `${word}\0`).join(''))
}

/** All the variables of a command. */
export function sandboxVariables(plan: Pick<SandboxPlan, 'searchPath' | 'variables'>): Readonly<Record<string, string>> {
  return {
    ...plan.variables,
    PATH: plan.searchPath.join(':'),
    HOME: sandboxHome,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    TMPDIR: '/tmp',
    // A repository is data of others: nothing in it and nothing on the machine configures git in here.
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  }
}

/** What limits a command, before the command itself. `RLIMIT_AS` is left alone: runtimes reserve far more than they use. */
function limitArguments({ memoryBytes, cpus, processes }: SandboxLimits, host: SandboxHost): readonly string[] {
  const scope = [
    // the description would be the command line
    ...['systemd-run', '--user', '--scope', '--quiet', '--collect', '--description', 'a command of an agent'],
    ...['-p', `MemoryMax=${memoryBytes}`, '-p', 'MemorySwapMax=0', '-p', `CPUQuota=${cpus * 100}%`, '-p', `TasksMax=${processes}`, '--'],
  ]
  return [
    ...(host.hasScopes ? scope : []),
    ...(host.cpus.length > cpus ? ['taskset', '-c', host.cpus.slice(0, cpus).join(',')] : []),
    ...['prlimit', `--data=${memoryBytes}`, '--core=0', '--'],
  ]
}

function isWithinAny(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`))
}
