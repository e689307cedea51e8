import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import ssh2 from 'ssh2'
import type { Connection, ServerChannel } from 'ssh2'
import type { GitPrograms } from '../git/git-commands.ts'
import { makeFolder, testPrograms } from './git-server.ts'

export interface SshGit {
  readonly address: string
  readonly programs: GitPrograms
  /** Commands that were asked for. */
  readonly commands: readonly string[]
}

/** An ssh server on loopback that runs git's services, and the files a client needs to be let in. Old ones take no variables, so that version 0 is spoken. */
export async function serveSsh(t: TestContext, bare: string, options: { readonly takesVariables: boolean }): Promise<SshGit> {
  const folder = await makeFolder(t)
  const [host, user] = [ssh2.utils.generateKeyPairSync('ed25519'), ssh2.utils.generateKeyPairSync('ed25519')]
  const commands: string[] = []
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    letIn(client, user.public)
    client.on('session', (accept) => {
      const session = accept()
      let protocol = ''
      session.on('env', (yes, no, variable) => {
        if (options.takesVariables && variable.key === 'GIT_PROTOCOL') protocol = variable.val
        if (options.takesVariables) yes?.()
        else no?.()
      })
      session.on('exec', (run, _no, { command }) => {
        commands.push(command)
        runService(run(), command, protocol)
      })
    })
    client.on('error', () => {})
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const [identityFile, knownHostsFile] = [join(folder, 'key'), join(folder, 'known')]
  await writeFile(identityFile, user.private, { mode: 0o600 })
  await writeFile(knownHostsFile, `[127.0.0.1]:${port} ${host.public}\n`)
  return { address: `ssh://ada@127.0.0.1:${port}${bare}`, programs: { ...testPrograms, ssh: { identityFile, knownHostsFile } }, commands }
}

function letIn(client: Connection, key: string): void {
  const expected = Buffer.from(key.split(' ')[1] ?? '', 'base64')
  client.on('authentication', (context) => {
    const isOurs = context.method === 'publickey' && context.username === 'ada' && context.key.data.equals(expected)
    if (isOurs) context.accept()
    else context.reject(['publickey'])
  })
}

/** `git-receive-pack '<path>'`, and nothing else. */
function runService(channel: ServerChannel, command: string, protocol: string): void {
  const match = /^git-(receive-pack|upload-pack) '([^']+)'$/.exec(command)
  if (match === null) {
    channel.exit(127)
    channel.end()
    return
  }
  const [, service = '', path = ''] = match
  const child = spawn('git', [service, path], { env: { ...testPrograms.environment, GIT_PROTOCOL: protocol } })
  channel.pipe(child.stdin)
  child.stdin.on('error', () => {})
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  child.on('close', (code) => {
    channel.exit(code ?? 1)
    channel.end()
  })
}
