import type { GitAddress } from './address.ts'
import type { GitCommand } from './process-transport.ts'
import type { GitService } from './transport.ts'

/** Programs that git servers are reached with. */
export interface GitPrograms {
  /** Variables given to them, and no others: `PATH`, `HOME`, `SSH_AUTH_SOCK`. */
  readonly environment: Readonly<Record<string, string>>
  /** Key and known hosts for ssh, where they are not those of the user. */
  readonly ssh?: { readonly identityFile: string; readonly knownHostsFile: string }
}

/** Nobody is asked for a password, the machine's configuration counts for nothing, no address leads to a program. */
const gitEnvironment = { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1', GIT_PROTOCOL: 'version=2', LC_ALL: 'C' }

/** The service of a repository in a folder. */
export function commandOfPath(path: string, programs: GitPrograms): (service: GitService) => GitCommand {
  return (service) => ({
    program: 'git',
    args: ['-c', 'protocol.ext.allow=never', service.slice('git-'.length), path],
    environment: { ...programs.environment, ...gitEnvironment },
  })
}

/** The service of a repository behind ssh. S26: each word is of a known form, and `--` stands before the host. */
export function commandOfSsh(address: GitAddress & { readonly kind: 'ssh' }, programs: GitPrograms): (service: GitService) => GitCommand {
  const { user, host, port, path } = address
  return (service) => ({
    program: 'ssh',
    args: [
      ...['-T', '-oBatchMode=yes', '-oClearAllForwardings=yes', '-oForwardAgent=no', '-oPermitLocalCommand=no', '-oSendEnv=GIT_PROTOCOL'],
      ...(programs.ssh === undefined ? [] : sshFiles(programs.ssh)),
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['-l', user]),
      '--',
      host,
      `${service} ${quoteForShell(path)}`,
    ],
    environment: { ...programs.environment, ...gitEnvironment },
  })
}

function sshFiles({ identityFile, knownHostsFile }: NonNullable<GitPrograms['ssh']>): readonly string[] {
  return ['-F', 'none', '-oIdentitiesOnly=yes', '-i', identityFile, `-oUserKnownHostsFile=${quoteForSsh(knownHostsFile)}`]
}

/** One word of the shell at the other end, whatever is in it. */
function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** ssh splits the value of an option at spaces. */
function quoteForSsh(path: string): string {
  return `"${path.replaceAll('"', '')}"`
}
