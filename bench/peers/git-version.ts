import { tmpdir } from 'node:os'
import { runGit } from '../../src/tasks/testing/git-server.ts'

/** `git version …`, as the installed one says it. */
export async function gitVersion(): Promise<string> {
  return runGit(tmpdir(), 'version')
}
