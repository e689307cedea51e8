import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Clock } from '../../lib/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { parseProjectId, taskKeyOfIssue } from '../../tasks/task.ts'
import type { Assignment, AssignmentLimits, Driver, DriverTools, WorkerEvent, WorkerOutcome } from '../driver.ts'
import { openSandbox } from '../sandbox/open-sandbox.ts'
import { runCommand } from '../sandbox/run-command.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'

/** What the agent behind a driver does. */
export type Behaviour =
  | 'done'
  | 'gives-up'
  | 'asks-person'
  | 'hangs'
  | 'endless'
  | 'garbage'
  | 'crashes'
  | 'refuses'
  | 'odd-bytes'
  | 'writes-garbage'
  | 'is-unavailable'
  | 'is-logged-out'
  | 'cannot-start'
  | 'says-nothing'
  | 'ends-with-75'

/** Where a driver is tried: a worktree, and tools that work there without a sandbox. */
export interface DriverStand extends AsyncDisposable {
  readonly worktree: string
  readonly scratchFolder: string
  readonly sandbox: Sandbox
  readonly assignment: Assignment
  readonly tools: DriverTools
}

/** An empty worktree, and a task for it. */
export async function openDriverStand(limits: Partial<AssignmentLimits> = {}): Promise<DriverStand> {
  const root = mkdtempSync(join(tmpdir(), 'althing-driver-'))
  const [worktree, scratchFolder] = [join(root, 'tree'), join(root, 'scratch')]
  for (const folder of [worktree, scratchFolder]) mkdirSync(folder)
  const sandbox = await openSandbox({
    kind: 'none',
    network: 'none',
    limits: { memoryBytes: 2_147_483_648, cpus: 2, processes: 512 },
    readable: [],
    searchPath: '/usr/local/bin:/usr/bin:/bin',
  })
  const task = {
    project: parseProjectId('git.example.org/team/shop') ?? assert.fail(),
    key: taskKeyOfIssue(7),
    number: 7,
    title: 'Say hello',
    body: 'There shall be a file hello.txt.',
    labels: [],
    state: 'open' as const,
    issueHash: '0'.repeat(64),
    url: undefined,
    updatedAt: 0,
  }
  return {
    worktree,
    scratchFolder,
    sandbox,
    assignment: {
      task,
      holding: '0'.repeat(40),
      epoch: 1,
      worktree,
      writable: [worktree],
      readable: [],
      resumedBecause: undefined,
      limits: { maxTurns: 30, timeoutMs: 20_000, maxOutputBytes: 200_000, ...limits },
    },
    tools: {
      run: ({ argv, folder, timeoutMs, stdin }, { signal }) =>
        runCommand(
          { sandbox, clock: systemClock },
          { argv, folder: join(worktree, folder), writable: [worktree], readable: [], variables: {} },
          { timeoutMs, maxOutputBytes: 200_000, stdin, signal },
        ),
      askForHelp: async () => ({ help: 'unanswered' }),
      untilMayWork: async ({ signal }) => signal.throwIfAborted(),
      mayWork: () => true,
    },
    [Symbol.asyncDispose]: async () => rmSync(root, { recursive: true, force: true }),
  }
}

export interface DriverSuite {
  /** A driver whose agent behaves so, in a stand; `tools` may be others than the stand's. */
  readonly open: (behaviour: Behaviour, stand: DriverStand) => Promise<Driver>
  /** The same, whose sandbox and clock are others. */
  readonly openOn?: (
    behaviour: Behaviour,
    stand: DriverStand,
    deps: { readonly sandbox: Sandbox; readonly clock: Clock },
  ) => Promise<Driver>
  /** Ways of failing that the agent of this driver has. */
  readonly failures: readonly { readonly behaviour: Behaviour; readonly reason: RegExp }[]
  /** Ways in which its agent cannot work at all, whatever the task. */
  readonly hindrances: readonly { readonly behaviour: Behaviour; readonly reason: RegExp }[]
}

/** What every driver keeps to. */
export function testDriver(name: string, suite: DriverSuite): void {
  const run = async (behaviour: Behaviour, stand: DriverStand, signal = new AbortController().signal): Promise<readonly WorkerEvent[]> => {
    const driver = await suite.open(behaviour, stand)
    return Array.fromAsync(driver.run(stand.assignment, stand.tools, { signal }))
  }

  test(`${name}: a task that is done leaves its change in the worktree, and says what was decided`, async () => {
    await using stand = await openDriverStand()
    const events = await run('done', stand)
    assert.equal(readFileSync(join(stand.worktree, 'hello.txt'), 'utf8'), 'hello\n')
    assert.deepEqual(outcomeOf(events), {
      outcome: 'done',
      title: 'Say hello',
      summary: 'It says hello.',
      decision: { what: 'a file', why: 'asked for', alternatives: [] },
    })
    assert.equal(events[0]?.type, 'prompt')
    assert.ok(events.some((event) => event.type === 'prompt' && event.text.includes('There shall be a file hello.txt.')))
    assert.ok(events.some((event) => event.type === 'tool'))
  })

  test(`${name}: an agent whose commands print what is no UTF-8 goes on, and its end is its own`, async () => {
    await using stand = await openDriverStand()
    const events = await run('odd-bytes', stand)
    assert.equal(outcomeOf(events).outcome, 'done')
  })

  test(`${name}: an agent that gives up has failed, with its reason`, async () => {
    await using stand = await openDriverStand()
    assert.deepEqual(outcomeOf(await run('gives-up', stand)), { outcome: 'failed', reason: 'there is nothing to do' })
  })

  test(`${name}: an agent that asks for a person gets one`, async () => {
    await using stand = await openDriverStand()
    assert.deepEqual(outcomeOf(await run('asks-person', stand)), { outcome: 'needs-human', reason: 'which database?' })
  })

  test(`F28: ${name}: a run that is called off ends with the reason, and no outcome`, async () => {
    await using stand = await openDriverStand()
    const controller = new AbortController()
    const events: WorkerEvent[] = []
    const driver = await suite.open('hangs', stand)
    const running = (async () => {
      for await (const event of driver.run(stand.assignment, stand.tools, { signal: controller.signal })) {
        events.push(event)
        if (event.type === 'prompt') setImmediate(() => controller.abort(new Error('called off')))
      }
    })()
    await assert.rejects(running, /called off/)
    assert.ok(!events.some((event) => event.type === 'outcome'))
  })

  test(`${name}: nothing is done while the lease is not confirmed`, async () => {
    await using stand = await openDriverStand()
    const controller = new AbortController()
    const untilMayWork = (): Promise<void> => {
      controller.abort(new Error('the lease is gone'))
      return Promise.reject(controller.signal.reason)
    }
    const driver = await suite.open('done', stand)
    const held = Array.fromAsync(driver.run(stand.assignment, { ...stand.tools, untilMayWork }, { signal: controller.signal }))
    await assert.rejects(held, /the lease is gone/)
    assert.throws(() => readFileSync(join(stand.worktree, 'hello.txt')), { code: 'ENOENT' })
  })

  if (suite.openOn !== undefined) testPause(name, suite.openOn)

  for (const { behaviour, reason } of suite.hindrances)
    test(`rule 15: ${name}: an agent of which it is true that it ${behaviour} says nothing of the task: ${reason.source}`, async () => {
      await using stand = await openDriverStand()
      const outcome = outcomeOf(await run(behaviour, stand))
      assert.equal(outcome.outcome, 'hindered')
      assert.match(outcome.outcome === 'hindered' ? outcome.reason : '', reason)
    })

  for (const { behaviour, reason } of suite.failures)
    test(`F27: ${name}: an agent of which it is true that it ${behaviour} has failed: ${reason.source}`, async () => {
      await using stand = await openDriverStand(behaviour === 'hangs' ? { timeoutMs: 300 } : {})
      const outcome = outcomeOf(await run(behaviour, stand))
      assert.equal(outcome.outcome, 'failed')
      assert.match(outcome.outcome === 'failed' ? outcome.reason : '', reason)
    })
}

/** A program of others cannot be asked to wait: it is stopped. */
function testPause(name: string, openOn: NonNullable<DriverSuite['openOn']>): void {
  test(`rule 10: ${name}: an agent that is a program stands still while the lease is not confirmed, and goes on after`, async () => {
    await using stand = await openDriverStand()
    const told: string[] = []
    const sandbox: Sandbox = {
      ...stand.sandbox,
      spawn: (command) => {
        const child = stand.sandbox.spawn(command)
        const tell = (what: 'pause' | 'resume') => async (): Promise<void> => {
          told.push(what)
          await child[what]()
        }
        return { ...child, pause: tell('pause'), resume: tell('resume') }
      },
    }
    // each look at the lease comes at once, and the third finds it confirmed
    const clock: Clock = { ...systemClock, schedule: (ms, wake) => systemClock.schedule(ms === 500 ? 1 : ms, wake) }
    let looks = 0
    const tools = { ...stand.tools, mayWork: () => (looks += 1) > 2 }
    const driver = await openOn('done', stand, { sandbox, clock })
    const events = await Array.fromAsync(driver.run(stand.assignment, tools, { signal: new AbortController().signal }))
    assert.deepEqual(told, ['pause', 'resume'])
    assert.equal(outcomeOf(events).outcome, 'done')
  })
}

function outcomeOf(events: readonly WorkerEvent[]): WorkerOutcome {
  const outcomes = events.filter((event) => event.type === 'outcome')
  assert.equal(outcomes.length, 1)
  const last = events.at(-1)
  return last?.type === 'outcome' ? last.outcome : assert.fail('the outcome is not the last event')
}
