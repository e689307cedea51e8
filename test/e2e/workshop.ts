import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer, Machine, Village } from './machine.ts'
import { list, text } from './machine.ts'

/** A bare repository, and an agent that does what it is let to. */
export interface Shop {
  /** Path of the bare repository. */
  readonly repository: string
  /** Settings of a worker whose agent writes a file named for its task, and then waits at a gate. */
  readonly agentAt: (gate: string) => Readonly<Record<string, string>>
  /** Lets all agents at a gate go on, now and later. */
  readonly open: (gate: string) => void
  /** Resolves when an agent waits there; the next one is waited for anew. */
  readonly untilReached: (gate: string) => Promise<void>
  /** What git says of the repository. */
  readonly git: (...words: readonly string[]) => string
  /** Names of the work branches. */
  readonly branches: () => readonly string[]
}

/** Settings with which workers look often and leases end soon, so that a test need not wait. */
const hasty = {
  ALTHING_TASKS_TTL_SECONDS: '10',
  ALTHING_WORKERS_POLL_MS: '200',
  ALTHING_WORKERS_MAX_TASKS: '1',
  ALTHING_WORKERS_SANDBOX: 'none',
}

const surroundings = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
}

/** Makes the repository, with one commit on `main`. */
export function openShop({ root }: Village): Shop {
  const repository = join(root, 'shop.git')
  const gates = join(root, 'gates')
  mkdirSync(gates)
  const run = (...words: readonly string[]): string =>
    execFileSync('git', words, { env: surroundings, encoding: 'utf8', stdio: 'pipe' }).trim()
  run('init', '-q', '--bare', '-b', 'main', repository)
  const git = (...words: readonly string[]): string => run('-C', repository, ...words)
  const tree = git('hash-object', '-t', 'tree', '-w', '/dev/null')
  git('update-ref', 'refs/heads/main', git('commit-tree', tree, '-m', 'Begin'))
  const agent = join(root, 'agent.sh')
  // a folder that is gone ends those whom nobody ends
  writeFileSync(
    agent,
    `cat > /dev/null
echo done > "$ALTHING_TASK.txt"
: > "$1.reached"
while [ ! -e "$1.open" ] && [ -d "${gates}" ]; do sleep 0.05; done
echo "written for $ALTHING_TASK"
`,
  )
  return {
    repository,
    git,
    agentAt: (gate) => ({ ...hasty, ALTHING_WORKERS_DRIVER: 'command', ALTHING_WORKERS_COMMAND: `sh,${agent},${join(gates, gate)}` }),
    open: (gate) => writeFileSync(join(gates, `${gate}.open`), ''),
    untilReached: async (gate) => {
      const sign = join(gates, `${gate}.reached`)
      const changes = watch(gates)
      try {
        const seen = Promise.withResolvers<void>()
        const look = (): void => {
          if (existsSync(sign)) seen.resolve()
        }
        changes.on('change', look)
        look()
        await seen.promise
        rmSync(sign)
      } finally {
        changes.close()
      }
    },
    branches: () => git('for-each-ref', '--format=%(refname:short)', 'refs/heads/althing/').split('\n').toSorted(),
  }
}

/** Settings of a worker that works with a scripted model. */
export function modelAt(url: string): Readonly<Record<string, string>> {
  return { ...hasty, ALTHING_MODELS_ENDPOINTS: `lab=${url}/v1`, ALTHING_WORKERS_MODEL: 'lab/scripted' }
}

/** Adds a task and gives its name. */
export async function addTask(machine: Machine, title: string, body = ''): Promise<string> {
  return text(await machine.call('task.add', { title, text: body }), 'key')
}

/** What a machine says of its tasks, by their names. */
export async function tasksOn(machine: Machine): Promise<ReadonlyMap<string, Answer>> {
  return new Map(list(await machine.call('task.list', { all: true }), 'tasks').map((task) => [text(task, 'key'), task]))
}

/** `kind epoch`, link by link, without renewals; those by `holder` alone where it is said. */
export async function historyOf(machine: Machine, task: string, holder?: string): Promise<readonly string[]> {
  const links = list(await machine.call('task.history', { task }), 'links')
  assert.ok(
    links.every(({ why }) => why === null),
    JSON.stringify(links),
  )
  return links
    .filter((link) => link['kind'] !== 'renew' && (holder === undefined || link['holder'] === holder))
    .map((link) => `${String(link['kind'])} ${String(link['epoch'])}`)
}

/** What the worker of an answer to `worker start` or `worker status` ended. */
export function endedOf(answer: Answer): Answer {
  return answer['ended'] as Answer
}
