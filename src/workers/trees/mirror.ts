import { existsSync } from 'node:fs'
import { glob, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { untilAborted } from '../../lib/deadline.ts'
import type { ObjectId } from '../../tasks/git/objects.ts'
import { parseObjectId } from '../../tasks/git/objects.ts'
import type { GitCredentials } from '../../tasks/git/remote.ts'
import { describeChange } from './describe-change.ts'
import type { ObjectRange } from './object-range.ts'
import { formatRange, once } from './object-range.ts'
import { findTexts } from './find-texts.ts'
import type { GitRunner } from './git.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** Who a commit is by. */
export interface CommitAuthor {
  readonly name: string
  readonly email: string
  /** Seconds since 1970. */
  readonly at: number
}

/** Our own copy of a project's repository: no worktree, no configuration but ours, nothing in it that is run. */
export interface Mirror {
  readonly path: string
  /** Brings branches here, one such at a time; those the server does not have are not in the answer. @throws Fault GIT_FAILED */
  readonly fetch: (branches: readonly string[], options: Waiting) => Promise<ReadonlyMap<string, ObjectId>>
  /** Takes in a pack that is not to be trusted; every object is checked. @throws Fault GIT_FAILED */
  readonly takePack: (pack: AsyncIterable<Uint8Array>, options: Waiting & { readonly maxBytes: number }) => Promise<void>
  /** A commit of a tree that is here. */
  readonly commit: (
    of: { readonly tree: ObjectId; readonly parents: readonly ObjectId[]; readonly message: string; readonly author: CommitAuthor },
    options: Waiting,
  ) => Promise<ObjectId>
  readonly treeOf: (commit: ObjectId, options: Waiting) => Promise<ObjectId>
  /** Paths at which a tree has a repository of its own (a submodule). */
  readonly submodulesOf: (tree: ObjectId, options: Waiting) => Promise<ReadonlySet<string>>
  /** The objects of `want` without those of `have`, as a pack. */
  readonly openPack: (range: ObjectRange, options: Waiting) => AsyncIterable<Uint8Array>
  /** Where one of some texts stands in the objects of `want` without those of `have`: paths, at most a few. @throws Fault GIT_FAILED */
  readonly findTexts: (range: ObjectRange, options: Waiting & { readonly texts: readonly string[] }) => Promise<readonly string[]>
  /** Whether a commit is part of another's history. */
  readonly contains: (whole: ObjectId, part: ObjectId, options: Waiting) => Promise<boolean>
  /** Whether a commit of another's history has this line in its message; of letters, digits, `:`, `-` and spaces. */
  readonly mentions: (whole: ObjectId, line: string, options: Waiting) => Promise<boolean>
  /** Whether two commits have a common history. */
  readonly areRelated: (one: ObjectId, other: ObjectId, options: Waiting) => Promise<boolean>
  /**
   * What a merge of two commits would be. Nothing that either of them names is run: there is no configuration for it.
   *
   * @throws Fault GIT_FAILED, also where they have no common history, or this git is older than 2.38
   */
  readonly merge: (ours: ObjectId, theirs: ObjectId, options: Waiting) => Promise<MergedTree>
  /** Of some paths, those in which a change added or took away a mark of a conflict. */
  readonly listMarked: (
    change: { readonly from: ObjectId; readonly to: ObjectId; readonly paths: readonly string[] },
    options: Waiting,
  ) => Promise<readonly string[]>
  /** What changed between two commits, in the words of `git diff --patch-with-stat`: of a long one the beginning. */
  readonly describeChange: (from: ObjectId, to: ObjectId, options: Waiting) => Promise<string>
}

/** The tree of a merge. */
export interface MergedTree {
  readonly tree: ObjectId
  /** Paths in which both changed the same; marks stand in them. */
  readonly conflicts: readonly string[]
}

/** Most paths in conflict that are told. */
const maxConflicts = 1_000

export interface MirrorDeps {
  readonly git: GitRunner
  /** Asked before each fetch over http. */
  readonly credentials: () => Promise<GitCredentials | undefined>
}

/** Opens the copy in a folder, or makes it. `url` is one that `parseGitAddress` took. */
export async function openMirror(deps: MirrorDeps, options: { readonly path: string; readonly url: string } & Waiting): Promise<Mirror> {
  const { git } = deps
  const { path, url } = options
  if (!existsSync(path)) await makeMirror(git, path, options)
  const run = (step: string, args: readonly string[], { signal, ...rest }: Waiting & { readonly stdin?: AsyncIterable<Uint8Array> }) =>
    git.text(step, [`--git-dir=${path}`, ...args], { signal, ...rest })
  let mayBeLocked = true
  /** A git that was ended in the middle leaves its locks, and none of ours fetches now. Of a crash before, too. */
  const unlock = async (): Promise<void> => {
    if (mayBeLocked) for await (const lock of glob('{*,refs/**/*}.lock', { cwd: path })) await rm(join(path, lock), { force: true })
    mayBeLocked = true
  }
  const read = (step: string, args: readonly string[], waiting: Waiting): Promise<ObjectId> => run(step, args, waiting).then(needId)

  return {
    path,
    fetch: inTurn(async (branches, { signal }) => {
      await unlock()
      const variables = credentialVariables(await deps.credentials())
      const listed = await git.text('list branches', ['ls-remote', '--heads', '--', url, ...branches.map((name) => `refs/heads/${name}`)], {
        signal,
        variables,
      })
      const found = new Map(
        listed.split('\n').flatMap((line) => {
          const [id = '', ref = ''] = line.split('\t')
          const commit = parseObjectId(id)
          return commit === undefined ? [] : [[ref.slice('refs/heads/'.length), commit] as const]
        }),
      )
      const specs = [...found.keys()].map((name) => `+refs/heads/${name}:refs/fetched/${name}`)
      if (specs.length > 0)
        await git.text('fetch branches', [`--git-dir=${path}`, 'fetch', '--no-tags', '--no-write-fetch-head', '--', url, ...specs], {
          signal,
          variables,
        })
      const at = await Promise.all(
        [...found.keys()].map(
          async (name) => [name, await read('read a branch', ['rev-parse', '--verify', `refs/fetched/${name}`], { signal })] as const,
        ),
      )
      mayBeLocked = false
      return new Map(at)
    }),
    takePack: async (pack, { signal, maxBytes }) => {
      await run('take in the change', ['index-pack', '--stdin', '--strict', `--max-input-size=${maxBytes}`], { signal, stdin: pack })
    },
    commit: ({ tree, parents, message, author }, { signal }) => {
      const person = { NAME: author.name, EMAIL: author.email, DATE: `@${author.at} +0000` }
      const variables = Object.fromEntries(
        Object.entries(person).flatMap(([key, value]) => [
          [`GIT_AUTHOR_${key}`, value],
          [`GIT_COMMITTER_${key}`, value],
        ]),
      )
      const args = [`--git-dir=${path}`, 'commit-tree', ...parents.flatMap((parent) => ['-p', parent]), '-F', '-', tree]
      return git.text('make a commit', args, { signal, variables, stdin: once(message) }).then(needId)
    },
    treeOf: (commit, waiting) => read('read a commit', ['rev-parse', '--verify', `${commit}^{tree}`], waiting),
    submodulesOf: async (tree, waiting) => {
      const lines = await run('read a tree', ['ls-tree', '-r', '-z', '--full-tree', tree], waiting)
      return new Set(lines.split('\0').flatMap((line) => (line.startsWith('160000 ') ? [line.slice(line.indexOf('\t') + 1)] : [])))
    },
    openPack: (range, { signal }) =>
      git.stream('pack the change', [`--git-dir=${path}`, 'pack-objects', '--revs', '--stdout', '--thin', '--delta-base-offset', '-q'], {
        signal,
        stdin: once(formatRange(range)),
      }),
    findTexts: (range, asked) => findTexts({ git, path }, range, asked),
    mentions: async (whole, line, waiting) =>
      (await run('look through the history', ['rev-list', '--max-count=1', `--grep=^${line}$`, whole], waiting)) !== '',
    contains: async (whole, part, waiting) => (await run('compare', ['rev-list', '--max-count=1', part, `^${whole}`], waiting)) === '',
    ...mergesOf({ git, path }),
    describeChange: (from, to, waiting) => describeChange({ git, path }, { from, to }, waiting),
  }
}

/** Runs one call after the other: two that fetch one branch at once would each find the ref moved by the other, and fail. */
function inTurn<T>(fetch: (branches: readonly string[], options: Waiting) => Promise<T>): typeof fetch {
  let last: Promise<unknown> = Promise.resolve()
  return (branches, waiting) => {
    const turn = untilAborted(last, waiting.signal).then(() => fetch(branches, waiting))
    // who gives up waiting does not let the next one in before the one that fetches is done
    last = Promise.allSettled([last, turn])
    return turn
  }
}

/** Merges within one copy. */
function mergesOf({ git, path }: { readonly git: GitRunner; readonly path: string }): Pick<Mirror, 'areRelated' | 'merge' | 'listMarked'> {
  return {
    areRelated: async (one, other, { signal }) =>
      (await git.text('compare', [`--git-dir=${path}`, 'merge-base', one, other], { signal, alsoGood: 1 })) !== '',
    merge: async (ours, theirs, { signal }) => {
      const args = [`--git-dir=${path}`, 'merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', ours, theirs]
      const [tree = '', ...conflicts] = (await git.text('merge the base', args, { signal, alsoGood: 1 })).split('\0')
      return { tree: needId(tree.trim()), conflicts: conflicts.filter((name) => name !== '').slice(0, maxConflicts) }
    },
    listMarked: async ({ from, to, paths }, waiting) => {
      if (paths.length === 0) return []
      const specs = paths.map((name) => `:(literal)${name}`)
      const options = ['--name-only', '-z', '--no-ext-diff', '--no-textconv', '-G^<{7} ']
      const marked = await git.text(
        'look for marks of conflicts',
        [`--git-dir=${path}`, 'diff', ...options, from, to, '--', ...specs],
        waiting,
      )
      return marked.split('\0').filter((name) => name !== '')
    },
  }
}

async function makeMirror(git: GitRunner, path: string, waiting: Waiting): Promise<void> {
  const beside = `${path}.new`
  await rm(beside, { recursive: true, force: true })
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  await git.text('make a copy of the repository', ['init', '--bare', '--quiet', '--template=', '--', beside], waiting)
  await rename(beside, path)
}

/** Handed over in the environment of git alone: words of a command line can be read by everybody on the machine. */
function credentialVariables(credentials: GitCredentials | undefined): Readonly<Record<string, string>> {
  if (credentials === undefined) return {}
  const word = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
  return { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraHeader', GIT_CONFIG_VALUE_0: `Authorization: Basic ${word}` }
}

function needId(text: string): ObjectId {
  const id = parseObjectId(text)
  if (id === undefined) throw new Error(`git answered ${JSON.stringify(text.slice(0, 80))} where an object was expected`)
  return id
}
