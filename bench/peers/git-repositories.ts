import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runGit } from '../../src/tasks/testing/git-server.ts'
import { openChild } from '../harness/child.ts'
import { openTemporaryFolder } from '../harness/temporary-folder.ts'

/** How a git server is reached: `git http-backend` in a process of its own, or programs of git in a folder. */
export type GitRoute = 'http' | 'path'

/** Bare repositories, and the servers of git over them. Gone when it is disposed. */
export interface GitRepositories extends AsyncDisposable {
  readonly route: GitRoute
  /** Processes whose processor time the server takes, beside those that the asker starts. */
  readonly pids: readonly number[]
  /** A new repository without refs; its address. */
  readonly make: () => Promise<string>
}

/** What git does about the disk; said beside every figure of it. */
export const gitDurability = 'git with its own defaults, which sync no ref and no loose object to the disk'

/** Opens the place for repositories. */
export async function openRepositories(route: GitRoute, options: { readonly signal: AbortSignal }): Promise<GitRepositories> {
  const stack = new AsyncDisposableStack()
  try {
    const { path: folder } = stack.use(await openTemporaryFolder())
    const child = route === 'http' ? stack.use(openChild('git-peer', options)) : undefined
    const url = (await child?.ask('open', { folder }))?.text('url')
    let count = 0
    const make = async (): Promise<string> => {
      const name = `repository-${(count += 1)}.git`
      await runGit(folder, 'init', '-q', '--bare', name)
      return url === undefined ? join(folder, name) : new URL(name, url).href
    }
    return { route, pids: child === undefined ? [] : [child.pid], make, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Commits that nobody has pushed, in a repository of their own. */
export interface CommitSource extends AsyncDisposable {
  /** Makes the next commits. */
  readonly make: (count: number) => Promise<readonly string[]>
  /** `git push` of one commit to a ref that is new; a process as a person starts it. */
  readonly push: (commit: string, to: { readonly address: string; readonly ref: string }) => Promise<void>
}

/** Opens a repository whose commits are pushed. */
export async function openCommitSource(): Promise<CommitSource> {
  const folder = await openTemporaryFolder()
  const clone = join(folder.path, 'clone')
  await mkdir(clone)
  await runGit(clone, 'init', '-q')
  const tree = await runGit(clone, 'hash-object', '-w', '-t', 'tree', '/dev/null')
  let made = 0
  return {
    make: async (count) => {
      const commits: string[] = []
      for (let n = 0; n < count; n += 1) commits.push(await runGit(clone, 'commit-tree', '-m', `commit ${(made += 1)}`, tree))
      return commits
    },
    push: async (commit, { address, ref }) => {
      await runGit(clone, 'push', '-q', address, `${commit}:${ref}`)
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}
