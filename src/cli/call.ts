import { withDeadline } from '../lib/deadline.ts'
import { Fault } from '../lib/fault.ts'
import type { Operation, Progress } from '../operations/define-operation.ts'
import type { Althing } from '../operations/node-api.ts'
import type { ParsedInput } from '../operations/parse-input.ts'
import type { CliDeps } from './deps.ts'
import { cliFaults } from './faults.ts'
import type { GlobalOptions } from './global-options.ts'
import { openLog } from './log.ts'
import { answerQuestions } from './questions.ts'
import { readFields } from './render/read.ts'
import { formatDuration } from './render/units.ts'

/** One command on its way to a node. */
export interface Errand {
  readonly operation: Operation
  readonly input: ParsedInput
  readonly globals: GlobalOptions
  readonly signal: AbortSignal
  readonly report: (progress: Progress) => void
}

/** How long a command waits for a home that another process has, when no --timeout says otherwise, in milliseconds. */
export const busyWaitMs = 30_000
/** Time between two looks at it, in milliseconds. */
export const busyStepMs = 200
/** Time between two looks at a process that ends, in milliseconds. */
const goneStepMs = 50

/**
 * Asks the node that runs on the home; without one, opens the home itself, asks, and leaves.
 *
 * Whoever has the home's write lock without answering at the socket (another command, a node that starts or ends) is waited for.
 *
 * @throws Fault HOME_BUSY, HOME_MISSING, KEYS_MISSING, NODE_NOT_RUNNING, and what the operation throws
 */
export async function runErrand(deps: CliDeps, errand: Errand): Promise<unknown> {
  const { operation, input, globals, signal, report } = errand
  const own = Object.hasOwn(deps.withoutNode, operation.name) ? deps.withoutNode[operation.name] : undefined
  if (own !== undefined) return own(input, { signal, hive: globals.hive, report, home: globals.home })
  if (globals.config !== undefined) await readNamedConfig(deps, globals)
  const startedAt = deps.clock.monotonic()
  const waitMs = globals.timeoutMs ?? busyWaitMs
  for (;;) {
    const remote = await askRemote(deps, errand)
    if (remote !== undefined && operation.name === 'p2p.stop') await untilGone(deps, remote.output, errand)
    if (remote !== undefined) return remote.output
    if (operation.name === 'p2p.stop') throw notRunning(globals.home)
    const local = await askLocal(deps, errand)
    if (local !== undefined) return local.output
    const waitedMs = Math.round(deps.clock.monotonic() - startedAt)
    if (waitedMs >= waitMs) throw busy(globals.home, waitedMs)
    report({ stage: 'waiting for another command on this home', done: Math.round(waitedMs / 1000), unit: 'items' })
    await deps.clock.sleep(busyStepMs, { signal })
  }
}

/** A node that runs has its configuration; one that is named and cannot be read is a slip all the same. @throws Fault CONFIG_UNREADABLE and others */
async function readNamedConfig(deps: CliDeps, { home, config }: GlobalOptions): Promise<void> {
  const { loadConfig } = await import('../config/load.ts')
  await loadConfig({ home, file: config, environment: deps.environment })
}

async function askRemote(
  deps: CliDeps,
  { operation, input, globals, signal, report }: Errand,
): Promise<{ readonly output: unknown } | undefined> {
  await using node = (await deps.connect(globals.home)) ?? null
  if (node === null) return undefined
  const asking = answerQuestions(deps, { node, hive: globals.hive, signal, report })
  return { output: await node.call(operation.name, input, { signal, hive: globals.hive, report: asking }) }
}

async function askLocal(
  deps: CliDeps,
  { operation, input, globals, signal, report }: Errand,
): Promise<{ readonly output: unknown } | undefined> {
  await using node = await openOwnNode(deps, { operation, input, globals, signal })
  if (node === null) return undefined
  const asking = answerQuestions(deps, { node, hive: globals.hive, signal, report })
  return { output: await node.call(operation.name, input, { signal, hive: globals.hive, report: asking }) }
}

/** `p2p stop` answers at once; the command returns when the process has closed everything, or after `busyWaitMs` all the same. */
async function untilGone(deps: CliDeps, output: unknown, { globals, signal, report }: Errand): Promise<void> {
  const pid = readFields(output).count('pid')
  if (pid <= 0) return
  const startedAt = deps.clock.monotonic()
  while (deps.isAlive(pid) && deps.clock.monotonic() - startedAt < (globals.timeoutMs ?? busyWaitMs)) {
    report({ stage: 'waiting for the node to close', done: Math.round((deps.clock.monotonic() - startedAt) / 1000), unit: 'items' })
    await deps.clock.sleep(goneStepMs, { signal })
  }
}

interface Opening {
  readonly operation: Operation
  readonly input: ParsedInput
  readonly globals: GlobalOptions
  readonly signal: AbortSignal
}

/** A node for one command; null while another process has the home. */
async function openOwnNode(deps: CliDeps, { operation, input, globals, signal }: Opening): Promise<Althing | null> {
  // Most commands find a node that runs; only these need the configuration and its parser.
  const { loadConfig } = await import('../config/load.ts')
  const config = await loadConfig({ home: globals.home, file: globals.config, environment: deps.environment })
  // A slip in its name must not make another one, and an answer about an empty home would mislead.
  if ((operation.isReadOnly || operation.needsHome === true) && !deps.isHome(globals.home)) throw noHome(globals.home)
  if ((operation.isReadOnly || operation.needsHome === true) && !deps.hasKeys(globals.home)) throw noKeys(globals.home)
  if (!deps.isHome(globals.home)) await deps.refuseEarly(operation.name, input)
  const log = openLog(deps, { level: globals.isVerbose ? 'debug' : 'error' })
  try {
    return await deps.openNode({
      home: globals.home,
      config,
      log,
      // Who says --offline wants nobody to be asked.
      peers: (operation.needsPeers || input['remote'] === true) && input['offline'] !== true,
      transient: true,
      hive: globals.hive,
      signal,
    })
  } catch (error) {
    if (error instanceof Fault && error.code === 'STORE_LOCKED') return null
    throw error
  }
}

/** The signal of one command: interrupted by hand, or late. */
export function commandSignal(deps: CliDeps, { timeoutMs }: GlobalOptions): AbortSignal {
  return timeoutMs === undefined ? deps.interrupted : withDeadline(deps.clock, timeoutMs, deps.interrupted)
}

/** What a command is told that was ended by its signal; undefined when it was not. */
export function faultOfSignal(deps: CliDeps, { timeoutMs }: Pick<GlobalOptions, 'timeoutMs'>, signal: AbortSignal): Fault | undefined {
  if (!signal.aborted) return undefined
  if (deps.interrupted.aborted) return cliFaults.create('INTERRUPTED', { message: 'interrupted' })
  return cliFaults.create('TIMED_OUT', {
    message: `not done after ${formatDuration(timeoutMs ?? 0)}; allow more with --timeout`,
    data: { timeoutMs: timeoutMs ?? 0 },
  })
}

function notRunning(home: string): Fault {
  return cliFaults.create('NODE_NOT_RUNNING', { message: `no node runs on ${home}. Start one with: althing p2p start`, data: { home } })
}

function noHome(home: string): Fault {
  const message = `no node was ever started on ${home}: check --home and ALTHING_HOME. To make a home there: althing p2p start`
  return cliFaults.create('HOME_MISSING', { message, data: { home } })
}

function noKeys(home: string): Fault {
  const message = `${home} has no keys, and a command that only reads makes none. If it was restored: put them into ${home}/keys, or bring the owner's with \`althing owner import\`, or start it as a new machine with \`althing p2p start\` and then \`althing node accept CODE\``
  return cliFaults.create('KEYS_MISSING', { message, data: { home } })
}

/** The fault of a home that another process kept for the whole wait. */
export function busy(home: string, waitedMs: number): Fault {
  return cliFaults.create('HOME_BUSY', {
    message: `another process has kept ${home} to itself for ${Math.round(waitedMs / 1000)} s. Wait for it to end, or allow more with --timeout`,
    data: { home, waitedMs },
  })
}
