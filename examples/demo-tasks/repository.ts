import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The bare repository of the demo, and a clone in which its only person merges. */
export interface Repository {
  /** Path of the bare repository. */
  readonly path: string
  readonly branches: () => Promise<readonly string[]>
  /** Commits of a branch that are not in `main`. */
  readonly countCommits: (branch: string) => Promise<number>
  /** Merges a branch into `main`, and pushes that. */
  readonly merge: (branch: string) => Promise<void>
}

/** Makes both under a folder, with one commit on `main`. */
export async function makeRepository(root: string): Promise<Repository> {
  const [path, clone] = [join(root, 'shop.git'), join(root, 'clone')]
  const env = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }
  const person = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org']
  const git = async (...words: readonly string[]): Promise<string> => (await run('git', [...person, ...words], { env })).stdout.trim()
  await git('init', '--quiet', '--bare', '--initial-branch=main', path)
  await git('clone', '--quiet', path, clone)
  await git('-C', clone, 'commit', '--quiet', '--allow-empty', '-m', 'Begin')
  await git('-C', clone, 'push', '--quiet', 'origin', 'HEAD:main')
  return {
    path,
    branches: async () => (await git('-C', path, 'for-each-ref', '--format=%(refname:short)', 'refs/heads/althing')).split('\n'),
    countCommits: async (branch) => Number(await git('-C', path, 'rev-list', '--count', branch, '^main')),
    merge: async (branch) => {
      await git('-C', clone, 'fetch', '--quiet')
      await git('-C', clone, 'merge', '--quiet', '--no-edit', `origin/${branch}`)
      await git('-C', clone, 'push', '--quiet', 'origin', 'HEAD:main')
    },
  }
}
