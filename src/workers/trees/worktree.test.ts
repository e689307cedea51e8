import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import type { ObjectId } from '../../tasks/git/objects.ts'
import { openSandbox } from '../sandbox/open-sandbox.ts'
import type { FindFullDisk } from './disk-room.ts'
import { findFullDisk } from './disk-room.ts'
import { createGitRunner } from './git.ts'
import { openMirror } from './mirror.ts'
import type { Mirror } from './mirror.ts'
import { openWorktree } from './worktree.ts'
import type { Worktree, WorktreeDeps, WorktreeOptions } from './worktree.ts'

const { signal } = new AbortController()
const author = { name: 'ada', email: 'ada@althing.invalid', at: 1_760_000_000 }
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin' }

interface Stand extends AsyncDisposable {
  readonly root: string
  readonly mirror: Mirror
  readonly base: ObjectId
  readonly worktree: Worktree
  readonly openTree: (at: ObjectId) => Promise<Worktree>
}

/** A repository as it is prepared, and a worktree of it on a machine whose user has configured git so. */
async function openStand(
  prepare: (repository: string, git: (...args: readonly string[]) => void) => void = () => {},
  configOf: (root: string) => string = () => '',
  {
    findFullDisk: findFull = findFullDisk,
    ...limits
  }: Partial<Pick<WorktreeOptions & WorktreeDeps, 'maxPackBytes' | 'snapshotTimeoutMs' | 'findFullDisk'>> = {},
): Promise<Stand> {
  const root = mkdtempSync(join(tmpdir(), 'althing-tree-'))
  const source = join(root, 'source')
  const git = (...args: readonly string[]): void => {
    const identity = { GIT_AUTHOR_NAME: 'bob', GIT_AUTHOR_EMAIL: 'b@x', GIT_COMMITTER_NAME: 'bob', GIT_COMMITTER_EMAIL: 'b@x' }
    execFileSync('git', ['-C', source, ...args], {
      stdio: 'pipe',
      env: { ...environment, ...identity, HOME: root, GIT_CONFIG_NOSYSTEM: '1' },
    })
  }
  mkdirSync(source)
  git('init', '--quiet', '--initial-branch=main')
  writeFileSync(join(source, 'a.txt'), 'one\n')
  prepare(source, git)
  git('add', '--all')
  git('commit', '--quiet', '-m', 'first')
  writeFileSync(join(root, '.gitconfig'), configOf(root))
  const runner = createGitRunner(
    { clock: systemClock },
    {
      timeoutMs: 30_000,
      environment: { ...environment, HOME: root, GIT_CONFIG_SYSTEM: join(root, '.gitconfig') },
      maxTextBytes: 1_048_576,
    },
  )
  const sandbox = await openSandbox({
    kind: 'none',
    network: 'none',
    limits: { memoryBytes: 2_147_483_648, cpus: 2, processes: 512 },
    readable: [],
    searchPath: environment.PATH,
  })
  const mirror = await openMirror(
    { git: runner, credentials: async () => undefined },
    { path: join(root, 'mirror.git'), url: source, signal },
  )
  const base = (await mirror.fetch(['main', 'nowhere'], { signal })).get('main') ?? assert.fail('main was not fetched')
  const deps = { git: runner, sandbox, clock: systemClock, findFullDisk: findFull }
  const options = { folder: join(root, 'work'), snapshotTimeoutMs: 20_000, maxPackBytes: 1_000_000, ...limits, signal }
  const worktree = await openWorktree(deps, mirror, base, options)
  return {
    root,
    mirror,
    base,
    worktree,
    openTree: (at) => openWorktree(deps, mirror, at, options),
    [Symbol.asyncDispose]: async () => {
      await worktree[Symbol.asyncDispose]()
      assert.ok(!existsSync(worktree.path))
      rmSync(root, { recursive: true, force: true })
    },
  }
}

const commit = ({ worktree, base }: Stand): Promise<ObjectId | undefined> =>
  worktree.commit({ parents: [base], message: 'say two\n', author }, { signal })
const gitIn = (stand: Stand, ...args: readonly string[]): string =>
  execFileSync('git', [`--git-dir=${stand.mirror.path}`, ...args], { encoding: 'utf8', env: environment }).trim()

test('what an agent changed, added and deleted is one commit on the base, in its name', async () => {
  await using stand = await openStand((source) => writeFileSync(join(source, 'gone.txt'), 'x'))
  const { path } = stand.worktree
  assert.equal(readFileSync(join(path, 'a.txt'), 'utf8'), 'one\n')
  writeFileSync(join(path, 'a.txt'), 'two\n')
  mkdirSync(join(path, 'deep'))
  writeFileSync(join(path, 'deep', 'b'), 'new')
  rmSync(join(path, 'gone.txt'))
  const made = (await commit(stand)) ?? assert.fail('there is a change')
  assert.equal(
    gitIn(stand, 'show', '--no-patch', '--format=%an <%ae> %cn %at %P %s', made),
    `ada <ada@althing.invalid> ada 1760000000 ${stand.base} say two`,
  )
  assert.equal(gitIn(stand, 'diff', '--name-status', stand.base, made), 'M\ta.txt\nA\tdeep/b\nD\tgone.txt')
  assert.match(await stand.mirror.describeChange(stand.base, made, { signal }), /3 files changed/)
})

test('a folder in which nothing changed is no commit', async () => {
  await using stand = await openStand()
  assert.equal(await commit(stand), undefined)
})

test('the agent has a git that shows what it changed, and may commit to it; what is pushed is the folder', async () => {
  await using stand = await openStand()
  const { path } = stand.worktree
  writeFileSync(join(path, 'a.txt'), 'two\n')
  const inTree = (...args: readonly string[]): string => execFileSync('git', ['-C', path, ...args], { encoding: 'utf8', env: environment })
  assert.equal(inTree('status', '--porcelain').trim(), 'M a.txt')
  inTree('-c', 'user.name=x', '-c', 'user.email=x', 'commit', '-qam', 'mine')
  const made = (await commit(stand)) ?? assert.fail('there is a change')
  assert.equal(gitIn(stand, 'show', '--no-patch', '--format=%P', made), stand.base)
})

test('a pack has what the server lacks, and nothing else', async () => {
  await using stand = await openStand((source) => writeFileSync(join(source, 'big'), 'x'.repeat(100_000)))
  writeFileSync(join(stand.worktree.path, 'a.txt'), 'two\n')
  const made = (await commit(stand)) ?? assert.fail('there is a change')
  const pack = Buffer.concat(await Array.fromAsync(stand.mirror.openPack({ want: made, have: [stand.base] }, { signal })))
  assert.equal(pack.subarray(0, 4).toString(), 'PACK')
  // commit, tree and one file
  assert.equal(pack.readUInt32BE(8), 3)
})

test('S24: filters that a repository names, and hooks and watchers that the user of this machine configured, are run neither when it is checked out nor when it is read', async () => {
  const run = (root: string, what: string): string => `touch ${root}/${what}-ran; cat`
  await using stand = await openStand(
    (source) => {
      writeFileSync(join(source, '.gitattributes'), '* filter=evil diff=evil merge=evil\n')
      // runs whenever a ref is moved, as a fetch and a checkout do
      mkdirSync(join(source, '..', 'hooks'))
      writeFileSync(join(source, '..', 'hooks', 'reference-transaction'), `#!/bin/sh\n${run(join(source, '..'), 'hook')}\n`, {
        mode: 0o755,
      })
    },
    (root) => `[filter "evil"]
	smudge = ${run(root, 'smudge')}
	clean = ${run(root, 'clean')}
[core]
	hooksPath = ${root}/hooks
	fsmonitor = ${run(root, 'watcher')}
`,
  )
  writeFileSync(join(stand.worktree.path, 'a.txt'), 'two\n')
  assert.ok((await commit(stand)) !== undefined)
  assert.deepEqual(
    readdirSync(stand.root).filter((name) => name.endsWith('-ran')),
    [],
  )
})

test('S24: a configuration of git that a repository brings along is nobody’s, also where its folder is the home of what runs there', async () => {
  await using stand = await openStand((source) => {
    writeFileSync(join(source, '.gitattributes'), '* filter=evil\n')
    writeFileSync(join(source, '.gitconfig'), `[filter "evil"]\n\tclean = touch ${join(source, '..')}/ran; cat\n`)
  })
  writeFileSync(join(stand.worktree.path, 'a.txt'), 'two\n')
  assert.ok((await commit(stand)) !== undefined)
  assert.ok(!existsSync(join(stand.root, 'ran')))
})

test('S24: a submodule of the repository is neither fetched nor changed', async () => {
  await using stand = await openStand((source, git) => {
    writeFileSync(
      join(source, '.gitmodules'),
      `[submodule "vendor"]\n\tpath = vendor\n\turl = ext::sh -c touch% ${source}/ran\n\tupdate = checkout\n`,
    )
    mkdirSync(join(source, 'vendor'))
    git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},vendor`)
  })
  const { path } = stand.worktree
  assert.deepEqual(readdirSync(join(path, 'vendor')), [])
  writeFileSync(join(path, 'a.txt'), 'two\n')
  const made = (await commit(stand)) ?? assert.fail('there is a change')
  assert.equal(gitIn(stand, 'diff', '--name-status', stand.base, made), 'M\ta.txt')
  assert.match(gitIn(stand, 'ls-tree', made, 'vendor'), /^160000 commit 1{40}/)
  assert.ok(!existsSync(join(stand.root, 'source', 'ran')))
})

test('S24: a link out of the tree is pushed as a link, and never read', async () => {
  await using stand = await openStand()
  writeFileSync(join(stand.root, 'canary-key'), 'canary-4711')
  symlinkSync(join(stand.root, 'canary-key'), join(stand.worktree.path, 'link'))
  const made = (await commit(stand)) ?? assert.fail('there is a change')
  assert.equal(gitIn(stand, 'show', `${made}:link`), join(stand.root, 'canary-key'))
})

test('S24: what the agent did to its git does not count: not its hooks, not its configuration, not its index', async () => {
  await using stand = await openStand()
  const { path } = stand.worktree
  const ran = join(stand.root, 'ran')
  writeFileSync(join(path, 'a.txt'), 'two\n')
  rmSync(join(path, '.git'))
  mkdirSync(join(path, '.git'))
  writeFileSync(join(path, '.git', 'config'), `[core]\n\tfsmonitor = touch ${ran}\n\thooksPath = ${path}\n`)
  const made = (await commit(stand)) ?? assert.fail('there is a change')
  assert.equal(gitIn(stand, 'diff', '--name-status', stand.base, made), 'M\ta.txt')
  assert.ok(!existsSync(ran))
})

test('S24: a repository within the repository is refused', async () => {
  await using stand = await openStand()
  const inner = join(stand.worktree.path, 'inner')
  mkdirSync(inner)
  const run = (...args: readonly string[]): void => void execFileSync('git', ['-C', inner, ...args], { stdio: 'pipe', env: environment })
  run('init', '--quiet')
  writeFileSync(join(inner, 'x'), 'x')
  run('add', 'x')
  run('-c', 'user.name=x', '-c', 'user.email=x', 'commit', '-qm', 'x')
  await assert.rejects(commit(stand), { code: 'WORK_REFUSED', message: /repository within the repository: inner/ })
})

test('a change that is longer than may be pushed is refused, and that is a failure of the work', async () => {
  await using stand = await openStand()
  for (let part = 0; part < 17; part += 1)
    writeFileSync(join(stand.worktree.path, `noise-${part}`), crypto.getRandomValues(new Uint8Array(65_536)))
  await assert.rejects(commit(stand), { code: 'WORK_REFUSED', message: /pack exceeds maximum allowed size/ })
})

/** No server takes it: a submodule whose address is an option of git. */
const refusedModules = '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n'

test('S24: a file that no repository may have is refused, and that is a failure of the work', async () => {
  await using stand = await openStand()
  writeFileSync(join(stand.worktree.path, '.gitmodules'), refusedModules)
  await assert.rejects(commit(stand), { code: 'WORK_REFUSED' })
})

test('rule 15: on a disk without the room that work needs no failure of git is one of the work, or of the server', async () => {
  await using stand = await openStand(undefined, undefined, { maxPackBytes: Number.MAX_SAFE_INTEGER })
  await assert.rejects(stand.openTree('a'.repeat(40) as ObjectId), { code: 'DISK_FULL' })
  writeFileSync(join(stand.worktree.path, 'a.txt'), 'two\n')
  assert.ok((await commit(stand)) !== undefined)
  writeFileSync(join(stand.worktree.path, '.gitmodules'), refusedModules)
  await assert.rejects(commit(stand), { code: 'DISK_FULL', message: /has room for \d+ MiB, which is too little/ })
})

test('work that fills the disk by itself is refused, and its folder is gone: the next node would fill its own', async () => {
  const findFull: FindFullDisk = async (folder, options) =>
    existsSync(join(folder, 'tree')) ? findFullDisk(folder, { ...options, leastBytes: Number.MAX_SAFE_INTEGER }) : undefined
  await using stand = await openStand(undefined, undefined, { findFullDisk: findFull })
  writeFileSync(join(stand.worktree.path, '.gitmodules'), refusedModules)
  await assert.rejects(commit(stand), { code: 'WORK_REFUSED', message: /the disk had no room for all of it/ })
  assert.ok(!existsSync(stand.worktree.path))
})

test('a folder that cannot be read in time is a failure of the work, for the next node would not read it either', async () => {
  await using stand = await openStand(undefined, undefined, { snapshotTimeoutMs: 300 })
  const { path } = stand.worktree
  // a file that is read for ever, where git looks for what to leave out
  execFileSync('mkfifo', [join(path, '.gitignore')])
  await assert.rejects(commit(stand), { code: 'WORK_REFUSED', message: /longer than 300 ms to read/ })
})

test('a server that is not there is said not to be', async () => {
  await using stand = await openStand()
  const git = createGitRunner({ clock: systemClock }, { timeoutMs: 30_000, environment, maxTextBytes: 1_000 })
  const gone = await openMirror(
    { git, credentials: async () => undefined },
    { path: join(stand.root, 'gone.git'), url: '/no/such/repository', signal },
  )
  await assert.rejects(gone.fetch(['main'], { signal }), { code: 'GIT_FAILED', message: /could not list branches/ })
})
