import { Fault } from '../lib/fault.ts'
import { tasksFaults } from './faults.ts'
import type { GitRemote } from './git/remote.ts'
import type { Project } from './task.ts'

/** The git server of a project, whose REMOTE_MISSING says which project is meant and what to do; its cause is what the server said. */
export function nameRemote(remote: GitRemote, { id }: Project): GitRemote {
  return {
    ...remote,
    listRefs: async (prefixes, options) => {
      try {
        return await remote.listRefs(prefixes, options)
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'REMOTE_MISSING') throw error
        const way = `\`althing project list\` says where it was; if it is gone for good: \`althing project remove ${id}\``
        throw tasksFaults.create('REMOTE_MISSING', {
          message: `${id}: ${error.message}; ${way}`,
          data: { ...error.data, project: id },
          cause: error,
        })
      }
    },
  }
}
