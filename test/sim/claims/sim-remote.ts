import { tasksFaults } from '../../../src/tasks/faults.ts'
import type { GitRemote } from '../../../src/tasks/git/remote.ts'
import type { LineDeps, LineState } from './sim-line.ts'
import { askServer } from './sim-line.ts'
import type { SimServer } from './sim-server.ts'

const failures = {
  unreachable: () => tasksFaults.create('REMOTE_UNREACHABLE', { message: 'the connection broke' }),
  late: () => tasksFaults.create('REMOTE_TIMEOUT', { message: 'no answer came' }),
  glitch: () => tasksFaults.create('REMOTE_MISSING', { message: 'the git server does not give the commits: not our ref' }),
}

/** The server as one process reaches it. */
export function createSimRemote(deps: LineDeps, server: SimServer, line: LineState): GitRemote {
  const { mood, chance } = deps
  return {
    listRefs: (prefixes, { signal }) => askServer(deps, line, { work: () => server.listRefs(prefixes, mood.lagMs), failures, signal }),
    fetchCommits: (range, { signal }) => {
      const work = () => {
        if (mood.glitches > 0 && chance.fraction() < mood.glitches) throw failures.glitch()
        return server.fetchCommits(range)
      }
      return askServer(deps, line, { work, failures, signal })
    },
    push: (request, { signal }) => {
      const [refusal, pretence] = [chance.fraction(), chance.fraction()]
      const work = () =>
        refusal < mood.refusals
          ? {
              unpackError: undefined,
              refs: request.updates.map(({ ref }) => ({ result: 'refused', ref, reason: 'cannot lock ref' }) as const),
            }
          : server.push(request, pretence < mood.pretences)
      return askServer(deps, line, { work, failures, signal })
    },
    capabilities: () => Promise.resolve({ isAtomic: true, hasReportStatus: true, agent: 'simulated' }),
  }
}
