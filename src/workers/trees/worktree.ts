import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import { decodeLossy, encodeText } from '../../lib/bytes.ts'
import type { ObjectId } from '../../tasks/git/objects.ts'
import { parseObjectId } from '../../tasks/git/objects.ts'
import { Fault } from '../../lib/fault.ts'
import { workersFaults } from '../faults.ts'
import type { SandboxResult } from '../driver.ts'
import { runCommand } from '../sandbox/run-command.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { FindFullDisk } from './disk-room.ts'
import type { GitRunner } from './git.ts'
import type { CommitAuthor, Mirror } from './mirror.ts'

/** The folder an agent works in, with a git of its own that it may do anything to. */
export interface Worktree extends AsyncDisposable {
  /** Top of the repository. */
  readonly path: string
  /** Paths a command in the sandbox may write to, and read. */
  readonly writable: readonly string[]
  readonly readable: readonly string[]
  /**
   * What is in the folder now, as a commit on `parents` in the mirror; undefined when it is what the only parent has.
   *
   * On a disk that is full the folder is gone after.
   *
   * @throws Fault WORK_REFUSED, GIT_FAILED, DISK_FULL; the signal's reason
   */
  readonly commit: (of: CommitRequest, options: { readonly signal: AbortSignal }) => Promise<ObjectId | undefined>
}

export interface CommitRequest {
  readonly parents: readonly [ObjectId, ...ObjectId[]]
  readonly message: string
  readonly author: CommitAuthor
}

export interface WorktreeDeps {
  readonly git: GitRunner
  readonly sandbox: Sandbox
  readonly clock: Clock
  readonly findFullDisk: FindFullDisk
}

export interface WorktreeOptions {
  /** Where worktrees are made; absolute. */
  readonly folder: string
  /** Time that reading the whole folder may take, in milliseconds. */
  readonly snapshotTimeoutMs: number
  /** Longest change, packed, in bytes; a disk with less room counts as full. */
  readonly maxPackBytes: number
  readonly signal: AbortSignal
}

/** What git says of a snapshot at most, in bytes. */
const maxOutputBytes = 1_048_576

/**
 * Takes a snapshot, in the sandbox: an index and objects of its own, so that nothing the agent did to its git counts, and nothing that
 * a file of the folder names is run anywhere but where the agent ran.
 */
const snapshotScript = `set -e
rm -rf "$1/git" "$1/index" "$1/pack"
git init --quiet --template= --bare "$1/git"
export GIT_DIR="$1/git" GIT_WORK_TREE="$2" GIT_INDEX_FILE="$1/index"
mkdir -p "$1/git/objects/info"
printf '%s\\n' "$3" > "$1/git/objects/info/alternates"
git config core.bare false
git read-tree "$4"
git add --all -- .
tree=$(git write-tree)
printf '%s\\n^%s\\n' "$tree" "$4" | git pack-objects --revs --stdout -q > "$1/pack"
printf '%s' "$tree"`

/** Checks out a commit of a mirror into a new folder. @throws Fault GIT_FAILED, DISK_FULL */
export async function openWorktree(deps: WorktreeDeps, mirror: Mirror, commit: ObjectId, options: WorktreeOptions): Promise<Worktree> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  const root = await mkdtemp(join(options.folder, 'work-'))
  const [path, own, snapshot] = [join(root, 'tree'), join(root, 'git'), join(root, 'snapshot')]
  const objects = join(mirror.path, 'objects')
  const { maxPackBytes: leastBytes } = options
  const takeAway = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 3 })
  /** That a disk is full shows before what is on it is taken away, and whether that filled it shows after. */
  const explain = async (cause: unknown): Promise<unknown> => {
    if ((await deps.findFullDisk(root, { leastBytes, cause })) === undefined) return cause
    await takeAway()
    return (await deps.findFullDisk(options.folder, { leastBytes, cause })) ?? refused('the disk had no room for all of it', cause)
  }
  try {
    for (const folder of [path, snapshot]) await mkdir(folder)
    await checkOut(deps.git, { path, own, objects, commit }, options)
  } catch (error) {
    const full = options.signal.aborted ? undefined : await deps.findFullDisk(root, { leastBytes, cause: error })
    await takeAway()
    throw full ?? error
  }
  return {
    path,
    writable: [path, own],
    readable: [objects],
    commit: async (request, { signal }) => {
      try {
        return await commitTree({ ...deps, mirror }, { path, snapshot, objects, commit }, { ...options, request, signal })
      } catch (error) {
        throw error instanceof Fault ? await explain(error) : error
      }
    },
    [Symbol.asyncDispose]: takeAway,
  }
}

/** Where a worktree is, and what it was made of. */
interface Place {
  readonly path: string
  readonly snapshot: string
  readonly objects: string
  readonly commit: ObjectId
}

async function commitTree(
  deps: WorktreeDeps & { readonly mirror: Mirror },
  { path, snapshot, objects, commit }: Place,
  { signal, request, ...options }: { readonly signal: AbortSignal; readonly request: CommitRequest } & Omit<WorktreeOptions, 'folder'>,
): Promise<ObjectId | undefined> {
  const { mirror } = deps
  const [first] = request.parents
  const command = {
    // from what was checked out: of a merge that has what both sides brought
    argv: ['sh', '-c', snapshotScript, 'sh', snapshot, path, objects, commit],
    folder: path,
    writable: [path, snapshot],
    readable: [objects],
    variables: {},
  }
  const result = await runCommand(deps, command, { timeoutMs: options.snapshotTimeoutMs, maxOutputBytes, signal })
  const tree = parseObjectId(decodeLossy(result.stdout).trim())
  if (result.exitCode !== 0 || result.wasCut || tree === undefined) throw refused(describeFailure(result, options))
  // a merge may keep one side as it was
  if (request.parents.length === 1 && tree === (await mirror.treeOf(first, { signal }))) return undefined
  try {
    await mirror.takePack(readPack(join(snapshot, 'pack')), { signal, maxBytes: options.maxPackBytes })
  } catch (error) {
    throw isRefused(error) ? refused(error.message, error) : error
  }
  await refuseSubmodules(mirror, { before: await mirror.treeOf(commit, { signal }), after: tree }, signal)
  return mirror.commit({ ...request, tree }, { signal })
}

/** The agent's own git: a head on no branch, objects of the mirror at its back. Made before the agent runs, never run by us after. */
async function checkOut(
  git: GitRunner,
  at: { readonly path: string; readonly own: string; readonly objects: string; readonly commit: ObjectId },
  { signal }: Pick<WorktreeOptions, 'signal'>,
): Promise<void> {
  const { path, own, objects, commit } = at
  const variables = { GIT_DIR: own, GIT_WORK_TREE: path }
  await git.text('make a worktree', ['init', '--quiet', '--template='], { signal, variables })
  await mkdir(join(own, 'objects', 'info'), { recursive: true })
  await writeFile(join(own, 'objects', 'info', 'alternates'), `${objects}\n`)
  await git.text('make a worktree', ['update-ref', '--no-deref', 'HEAD', commit], { signal, variables })
  await git.text('check out', ['reset', '--hard', '--quiet', commit], { signal, variables })
  await writeFile(join(path, '.git'), encodeText(`gitdir: ${own}\n`), { flag: 'wx' })
}

async function refuseSubmodules(
  mirror: Mirror,
  { before, after }: { readonly before: ObjectId; readonly after: ObjectId },
  signal: AbortSignal,
): Promise<void> {
  const known = await mirror.submodulesOf(before, { signal })
  const added = [...(await mirror.submodulesOf(after, { signal }))].filter((path) => !known.has(path))
  if (added.length > 0) throw refused(`it made a repository within the repository: ${added.slice(0, 3).join(', ')}`)
}

/** The sandbox wrote it, and only the sandbox's own folder is there. */
async function* readPack(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Uint8Array>
}

/** Why a snapshot came to nothing, in words for a person. A tree that is too large for this machine is so for the next one, too. */
function describeFailure(
  { wasCut, exitCode, stderr }: SandboxResult,
  { snapshotTimeoutMs }: Pick<WorktreeOptions, 'snapshotTimeoutMs'>,
): string {
  if (wasCut) return `it took longer than ${snapshotTimeoutMs} ms to read, or git said too much of it`
  if (exitCode === undefined) return 'git was ended while it read it, for want of memory most likely: [workers] memoryBytes'
  return decodeLossy(stderr).trim().split('\n').at(-1) || `git ended with ${exitCode} while it read it`
}

/** Of a pack that was made here git takes in all but what is too long, or no object that may be in a repository. */
function isRefused(error: unknown): error is Fault {
  return error instanceof Fault && error.code === ('GIT_FAILED' satisfies keyof typeof workersFaults.table)
}

function refused(reason: string, cause?: unknown): Error {
  return workersFaults.create('WORK_REFUSED', { message: `what the agent left cannot be a commit: ${reason}`, data: { reason }, cause })
}
