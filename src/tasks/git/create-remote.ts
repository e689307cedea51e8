import type { Clock } from '../../lib/clock.ts'
import { isTimeout, withDeadline } from '../../lib/deadline.ts'
import { tasksFaults } from '../faults.ts'
import { parseGitAddress } from './address.ts'
import { fetchCommits } from './fetch-commits.ts'
import type { GitPrograms } from './git-commands.ts'
import { commandOfPath, commandOfSsh } from './git-commands.ts'
import { createHttpTransport } from './http-transport.ts'
import { listRefs } from './list-refs.ts'
import { createProcessTransport } from './process-transport.ts'
import type { PushAbilities } from './push.ts'
import { assertAble, formatPush, readAbilities, readReport } from './push.ts'
import type { GitCredentials, GitRemote, RemoteOptions } from './remote.ts'
import type { GitTransport } from './transport.ts'

export interface RemoteDeps {
  readonly clock: Clock
  readonly programs: GitPrograms
  /** Asked before each request over http. */
  readonly credentials: () => Promise<GitCredentials | undefined>
}

/**
 * The git server of an address. Opens nothing before it is asked something.
 *
 * @throws Fault PROJECT_INVALID
 */
export function createRemote(address: string, deps: RemoteDeps, options: RemoteOptions): GitRemote {
  const transport = createTransport(address, deps, options)
  const within = async <T>(signal: AbortSignal, work: (late: AbortSignal) => Promise<T>): Promise<T> => {
    const late = withDeadline(deps.clock, options.timeoutMs, signal)
    try {
      return await work(late)
    } catch (error) {
      signal.throwIfAborted()
      throw isTimeout(error) ? lateFault(address, options.timeoutMs) : error
    }
  }
  let known: PushAbilities | undefined
  const learn = async (late: AbortSignal): Promise<PushAbilities> =>
    (known ??= await transport.talk('git-receive-pack', async (talk) => readAbilities((await talk.greeting()).capabilities), {
      signal: late,
    }))
  return {
    listRefs: (prefixes, { signal }) =>
      within(signal, (late) => transport.talk('git-upload-pack', (talk) => listRefs(talk, prefixes), { signal: late })),
    fetchCommits: (range, { signal }) =>
      within(signal, (late) => transport.talk('git-upload-pack', (talk) => fetchCommits(talk, range, options), { signal: late })),
    push: (request, { signal }) =>
      within(signal, async (late) => {
        const abilities = await learn(late)
        assertAble(abilities, request)
        return transport.talk(
          'git-receive-pack',
          async (talk) => readReport(await talk.ask(formatPush(request, abilities, late)), request, abilities),
          { signal: late },
        )
      }),
    capabilities: ({ signal }) =>
      within(signal, (late) => {
        known = undefined
        return learn(late)
      }),
  }
}

function createTransport(text: string, deps: RemoteDeps, options: RemoteOptions): GitTransport {
  const address = parseGitAddress(text)
  if (address.kind === 'http') return createHttpTransport({ address, clock: deps.clock, credentials: deps.credentials }, options)
  const command = address.kind === 'ssh' ? commandOfSsh(address, deps.programs) : commandOfPath(address.path, deps.programs)
  return createProcessTransport(command, options)
}

function lateFault(address: string, timeoutMs: number): Error {
  return tasksFaults.create('REMOTE_TIMEOUT', {
    message: `${address} did not answer within ${timeoutMs} ms; whether a push took effect is unknown`,
    data: { timeoutMs },
  })
}
