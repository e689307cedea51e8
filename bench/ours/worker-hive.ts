import { mkdir, writeFile } from 'node:fs/promises'
import { existsSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { homePaths } from '../../src/config/home.ts'
import { connectNode } from '../../src/http/client.ts'
import { runGit } from '../../src/tasks/testing/git-server.ts'
import { Document } from '../harness/document.ts'
import type { RunningNode } from './running-node.ts'
import { openRunningNode } from './running-node.ts'

/** Nodes of one hive, a process each, whose workers wait for tasks of one bare repository. */
export interface WorkerHive extends AsyncDisposable {
  readonly pids: readonly number[]
  /** Path of the bare repository. */
  readonly repository: string
  /** Adds a task on the first node; its key. */
  readonly addTask: (title: string) => Promise<string>
  /** Resolves when the claim of a task stands in the repository. @throws Error when none does within a minute */
  readonly untilClaimed: (key: string) => Promise<void>
  /** Waits for the end of the work on a task, and closes it. */
  readonly finish: (key: string) => Promise<void>
}

export interface WorkerHiveOptions {
  readonly launcher: string
  readonly folder: string
  readonly count: number
  readonly signal: AbortSignal
}

/** Longest wait for what the nodes are to do, in milliseconds. */
const deadlineMs = 60_000
/** Time in which nodes become quiet after the work on a task, in milliseconds. */
const settleMs = 500

/** Starts the nodes, joins them in one hive, and starts a worker on each. */
export async function openWorkerHive({ launcher, folder, count, signal }: WorkerHiveOptions): Promise<WorkerHive> {
  const stack = new AsyncDisposableStack()
  try {
    const repository = await makeShop(folder)
    const agent = join(folder, 'agent.sh')
    await writeFile(agent, 'cat > /dev/null\necho done > "$ALTHING_TASK.txt"\necho "written for $ALTHING_TASK"\n')
    const env = { ALTHING_WORKERS_DRIVER: 'command', ALTHING_WORKERS_COMMAND: `sh,${agent}`, ALTHING_WORKERS_SANDBOX: 'none' }
    const homes = Array.from({ length: count }, (_, index) => join(folder, `node-${index + 1}`))
    const nodes: RunningNode[] = []
    for (const home of homes) nodes.push(stack.use(await openRunningNode({ launcher, home, signal, env })))
    await joinAll(nodes, signal)
    for (const node of nodes) await node.command(['project', 'add', repository])
    for (const home of homes) startWorker(home, signal)
    const [first = ''] = homes
    const ask = (name: string, input: unknown): Promise<Document> => askNode(first, name, { input, signal })
    return {
      pids: nodes.map(({ pid }) => pid),
      repository,
      addTask: async (title) => (await ask('task.add', { title })).text('key'),
      untilClaimed: (key) => untilThere(join(repository, 'refs/althing/claims'), key, signal),
      finish: async (key) => {
        await until(`the end of the work on ${key}`, signal, async () => (await claimOf(ask, key)) === 'in-review')
        await ask('task.done', { task: key, reason: 'it was for a bench' })
        await sleep(settleMs, undefined, { signal })
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** A bare repository with one commit on `main`, and the folder in which claims are seen as they come. */
async function makeShop(folder: string): Promise<string> {
  const repository = join(folder, 'shop.git')
  await runGit(folder, 'init', '-q', '--bare', repository)
  const tree = await runGit(repository, 'hash-object', '-w', '-t', 'tree', '/dev/null')
  await runGit(repository, 'update-ref', 'refs/heads/main', await runGit(repository, 'commit-tree', '-m', 'Begin', tree))
  await mkdir(join(repository, 'refs/althing/claims'), { recursive: true })
  return repository
}

async function joinAll([first, ...others]: readonly RunningNode[], signal: AbortSignal): Promise<void> {
  if (first === undefined) throw new Error('a hive has a node at least')
  for (const [index, node] of others.entries()) {
    const invite = await first.command(['hive', 'invite'])
    await node.command(['hive', 'join', invite.text('code'), '--handle', `node-${index + 2}`])
  }
  await until('all nodes to be connected', signal, async () => {
    const status = await first.command(['p2p', 'status'])
    return status.document('connections').number('admitted') >= others.length
  })
}

/** The answer comes when the worker ends, which it does with its node. */
function startWorker(home: string, signal: AbortSignal): void {
  void askNode(home, 'worker.start', { input: {}, signal }).catch(() => {})
}

async function askNode(
  home: string,
  name: string,
  { input, signal }: { readonly input: unknown; readonly signal: AbortSignal },
): Promise<Document> {
  await using node = await connectNode(homePaths(home))
  if (node === undefined) throw new Error(`no node runs on ${home}`)
  return Document.parse(await node.call(name, input, { signal, hive: undefined, report: () => {} }), name)
}

async function claimOf(ask: (name: string, input: unknown) => Promise<Document>, key: string): Promise<string | undefined> {
  const tasks = (await ask('task.list', { all: true })).documents('tasks')
  return tasks.find((task) => task.text('key') === key)?.text('claim')
}

async function untilThere(folder: string, name: string, signal: AbortSignal): Promise<void> {
  const path = join(folder, name)
  const seen = Promise.withResolvers<void>()
  const onAbort = (): void => seen.reject(signal.reason)
  const look = (): void => {
    if (existsSync(path)) seen.resolve()
  }
  const late = setTimeout(() => seen.reject(new Error(`${name} was not claimed within ${deadlineMs} ms`)), deadlineMs)
  signal.addEventListener('abort', onAbort)
  const changes = watch(folder).on('change', look)
  try {
    look()
    await seen.promise
  } finally {
    changes.close()
    clearTimeout(late)
    signal.removeEventListener('abort', onAbort)
  }
}

async function until(what: string, signal: AbortSignal, isSo: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedAt > deadlineMs) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await sleep(200, undefined, { signal })
  }
}
