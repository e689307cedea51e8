import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { CallOptions } from '../../operations/node-api.ts'
import type { CliDeps } from '../deps.ts'
import { runCli } from '../run.ts'

/** What a test says of the world around the command line. */
export interface TestCliOptions {
  readonly answer: (input: unknown, options: CallOptions) => Promise<unknown>
  readonly isRunning?: boolean
  readonly isTerminal?: boolean
  readonly isColorOff?: boolean
  readonly interrupted?: AbortSignal
  readonly lockedTimes?: number
  readonly isHome?: boolean
  readonly hasKeys?: boolean
  readonly isRestoring?: () => void
  readonly askLine?: CliDeps['askLine']
  /** What stands on standard input. */
  readonly input?: string
}

/** The command line with a node that answers as the test says, and a clock that runs as fast as it is looked at. */
export function createTestCli(t: TestContext, options: TestCliOptions) {
  const home = mkdtempSync(join(tmpdir(), 'althing-cli-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const clock = createVirtualClock({ startsAt: 0 })
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const opened: { readonly peers: boolean; readonly transient: boolean }[] = []
  let closed = 0
  let alive = 3
  let locked = options.lockedTimes ?? 0
  const call = async (_name: string, input: unknown, callOptions: CallOptions): Promise<unknown> => options.answer(input, callOptions)
  const sink = (parts: string[]) => ({
    isTerminal: options.isTerminal ?? false,
    columns: 80,
    write: (text: string) => void parts.push(text),
  })
  const deps: CliDeps = {
    version: '0.1.0',
    environment: {
      home,
      isColorOff: options.isColorOff ?? false,
      failpoint: undefined,
      secrets: new Map(),
      keyring: {},
      programs: {},
      settings: new Map(),
    },
    clock,
    stdout: sink(stdout),
    stderr: sink(stderr),
    readInput: async function* () {
      yield Buffer.from(options.input ?? '')
    },
    writeOutput: async (bytes) => {
      for await (const chunk of bytes) stdout.push(Buffer.from(chunk).toString())
    },
    askLine: options.askLine,
    workingDirectory: '/home/ada/project',
    interrupted: options.interrupted ?? new AbortController().signal,
    connect: async () => (options.isRunning === false ? undefined : { call, [Symbol.asyncDispose]: async () => {} }),
    openNode: async ({ peers, transient, signal }) => {
      signal.throwIfAborted()
      locked -= 1
      if (locked >= 0) throw new Fault('STORE_LOCKED', 'conflict', { message: 'locked' })
      opened.push({ peers, transient })
      const dispose = async (): Promise<void> => {
        closed += 1
      }
      return {
        call,
        probe: () => ({ isReady: true, parts: {} }),
        stopRequested: new AbortController().signal,
        [Symbol.asyncDispose]: dispose,
      }
    },
    isHome: () => options.isHome ?? true,
    hasKeys: () => options.hasKeys ?? true,
    isAlive: () => {
      alive -= 1
      return alive > 0
    },
    refuseEarly: async (_name, input) => {
      if (input['code'] === 'bogus') throw new Fault('INVITE_INVALID', 'usage', { message: 'no code' })
    },
    withoutNode: { 'backup.restore': async () => options.isRestoring?.() },
    spawnDetached: async () => assert.fail('nothing is started in the background here'),
  }
  return {
    run: async (...words: readonly string[]) => runInTime(clock, runCli(deps, words)),
    stdout: () => stdout.join(''),
    stderr: () => stderr.join(''),
    opened: () => opened,
    closed: () => closed,
    looksAtProcess: () => 3 - alive,
  }
}

async function runInTime(clock: VirtualClock, work: Promise<number>): Promise<number> {
  const state = { isDone: false }
  const done = work.finally(() => {
    state.isDone = true
  })
  for (let step = 0; !state.isDone && step < 400; step++) await clock.advance(100)
  return done
}

/** A node that never answers, until it is told not to. */
export async function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  if (signal.aborted) reject(signal.reason)
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}
