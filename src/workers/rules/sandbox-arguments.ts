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
  /** Memory, in bytes: of each process, and where control groups can be had of all together. */
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
  /** CPUs this process may run on. */
  readonly cpus: readonly number[]
}

/** Where the agent's home is, in the sandbox: empty, in memory, gone with it. */
const sandboxHome = '/home/agent'
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
 * The command line that runs a plan under bubblewrap.
 *
 * Namespaces of its own for users, processes, mounts, IPC, host name and, unless it may use the network, the network; no capability, no
 * terminal to write into, an environment from nothing; it ends when its parent does.
 */
export function sandboxArguments(plan: SandboxPlan, host: SandboxHost): readonly string[] {
  const { folder, writable, readable, network } = plan
  return [
    ...limitArguments(plan.limits, host),
    ...['bwrap', '--unshare-all', ...(network === 'full' ? ['--share-net'] : []), '--die-with-parent', '--new-session'],
    ...['--uid', '1000', '--gid', '1000', '--cap-drop', 'ALL', '--hostname', 'sandbox', '--clearenv'],
    ...[...systemFolders, ...systemFiles].flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/run', '--dir', sandboxHome],
    ...readable.filter((path) => !isWithinAny(path, writable)).flatMap((path) => ['--ro-bind-try', path, path]),
    ...writable.flatMap((path) => ['--bind', path, path]),
    // After what they lie in: the later of two mounts is the one that is seen.
    ...readable.filter((path) => isWithinAny(path, writable)).flatMap((path) => ['--ro-bind-try', path, path]),
    ...Object.entries(sandboxVariables(plan)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', folder, '--', ...plan.argv],
  ]
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
    ...['systemd-run', '--user', '--scope', '--quiet', '--collect', '-p', `MemoryMax=${memoryBytes}`, '-p', 'MemorySwapMax=0'],
    ...['-p', `CPUQuota=${cpus * 100}%`, '-p', `TasksMax=${processes}`, '--'],
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
