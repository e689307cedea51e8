import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { Fault } from '../lib/fault.ts'
import type { Althing } from '../operations/node-api.ts'
import { busy, busyStepMs, busyWaitMs } from './call.ts'
import type { CliDeps } from './deps.ts'
import { cliFaults } from './faults.ts'
import type { GlobalOptions } from './global-options.ts'
import { Interruption } from './interruption.ts'
import type { LogLevel } from './log.ts'
import { openLog } from './log.ts'
import { renderStarted } from './render/started.ts'
import { createStyle } from './screen.ts'
import type { StartOptions } from './start-command.ts'

/**
 * Runs the node until it is asked to end: by a signal, or by `p2p stop`. Resolves when it has closed everything.
 *
 * @throws Fault NODE_RUNNING when one runs on the home already, HOME_BUSY when a command keeps it, INTERRUPTED after Ctrl-C
 */
export async function runNode(deps: CliDeps, options: StartOptions, globals: GlobalOptions): Promise<void> {
  await refuseSecond(deps, globals.home)
  const config = await loadConfig({ home: globals.home, file: globals.config, environment: deps.environment, overrides: options.overrides })
  const node = await openWaiting(deps, { config, globals })
  try {
    const status = await node.call('p2p.status', {}, { signal: deps.interrupted, hive: globals.hive })
    sayStarted(deps, status, globals)
    await untilAsked(node.stopRequested, deps.interrupted)
    if (!globals.isQuiet && !globals.json) deps.stdout.write('closing …\n')
  } catch (error) {
    // A signal while it starts is an end like any other.
    if (!deps.interrupted.aborted) throw error
  } finally {
    await closeInTime(deps, node, config.shutdown.deadlineMs)
  }
  // Who ends it by hand sees 130, as of every command; a supervisor's SIGTERM is an end in good order.
  const { reason }: { readonly reason: unknown } = deps.interrupted
  if (reason instanceof Interruption && reason.by === 'SIGINT') throw cliFaults.create('INTERRUPTED', { message: 'interrupted' })
}

/** The line of a node that has started; nothing under -q, which leaves faults alone to be seen. */
export function sayStarted(deps: Pick<CliDeps, 'stdout' | 'environment'>, status: unknown, globals: GlobalOptions): void {
  if (globals.json) deps.stdout.write(`${JSON.stringify(status)}\n`)
  else if (!globals.isQuiet) deps.stdout.write(`${renderStarted(status, createStyle(deps.stdout, deps.environment))}\n`)
}

/** @throws Fault NODE_RUNNING */
export async function refuseSecond(deps: Pick<CliDeps, 'connect'>, home: string): Promise<void> {
  await using running = (await deps.connect(home)) ?? null
  if (running !== null) throw alreadyRunning(home)
}

/** The home of a command that is at work is waited for, as by every command. @throws Fault NODE_RUNNING, HOME_BUSY */
async function openWaiting(deps: CliDeps, options: { readonly config: Config; readonly globals: GlobalOptions }): Promise<Althing> {
  const { home, timeoutMs, isQuiet } = options.globals
  const startedAt = deps.clock.monotonic()
  let isSaid = isQuiet
  for (;;) {
    const node = await openStarting(deps, options)
    if (node !== undefined) return node
    await refuseSecond(deps, home)
    const waitedMs = Math.round(deps.clock.monotonic() - startedAt)
    if (waitedMs >= (timeoutMs ?? busyWaitMs)) throw busy(home, waitedMs)
    if (!isSaid) deps.stderr.write('waiting for another command on this home\n')
    isSaid = true
    await deps.clock.sleep(busyStepMs, { signal: deps.interrupted })
  }
}

/** Undefined while another process has the home. */
async function openStarting(
  deps: CliDeps,
  { config, globals }: { readonly config: Config; readonly globals: GlobalOptions },
): Promise<Althing | undefined> {
  const log = openLog(deps, { level: logLevel(deps, { config, globals }) })
  try {
    return await deps.openNode({
      home: globals.home,
      config,
      log,
      peers: true,
      transient: false,
      hive: globals.hive,
      signal: deps.interrupted,
    })
  } catch (error) {
    if (error instanceof Fault && error.code === 'STORE_LOCKED') return undefined
    throw error
  }
}

/** A log that is collected is as the knob says; on a terminal what needs a look, and under -q only what failed, wherever it goes. */
function logLevel(
  { stderr }: Pick<CliDeps, 'stderr'>,
  { config, globals }: { readonly config: Config; readonly globals: GlobalOptions },
): LogLevel {
  if (globals.isVerbose) return 'debug'
  if (globals.isQuiet) return 'error'
  return stderr.isTerminal ? 'warn' : config.log.level
}

async function untilAsked(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals])
  if (any.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  any.addEventListener('abort', () => resolve(), { once: true })
  // Timers of the node do not keep a process alive; a node without a listener (all interfaces down) must still wait.
  const alive = setInterval(() => {}, 60_000)
  await promise
  clearInterval(alive)
}

/** Every part has its own deadline inside; this one is for the case that those fail. */
async function closeInTime(deps: CliDeps, node: Althing, deadlineMs: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const cancel = deps.clock.schedule(deadlineMs, resolve)
  await Promise.race([node[Symbol.asyncDispose](), late])
  cancel()
}

function alreadyRunning(home: string): Fault {
  return cliFaults.create('NODE_RUNNING', {
    message: `a node runs on ${home} already. See it with: althing p2p status. End it with: althing p2p stop`,
    data: { home },
  })
}
