import { open, stat } from 'node:fs/promises'
import { homePaths } from '../config/home.ts'
import { Fault } from '../lib/fault.ts'
import { cliFaults } from './faults.ts'
import type { CliDeps } from './deps.ts'
import { exitCodes } from './report-fault.ts'
import type { GlobalOptions } from './global-options.ts'
import type { StartOptions } from './start-command.ts'
import { refuseSecond } from './start.ts'

/** Time for the node in the background to answer, unless --timeout says otherwise, in milliseconds. */
const readyMs = 30_000
const stepMs = 100
/** How much of the log is shown when it failed, in bytes. */
const tailBytes = 2_000

/**
 * Starts the node in the background and waits until it answers. Returns its status.
 *
 * @throws Fault NODE_RUNNING, NODE_START_FAILED
 */
export async function startDetached(deps: CliDeps, options: StartOptions, globals: GlobalOptions): Promise<unknown> {
  await refuseSecond(deps, globals.home)
  const { log } = homePaths(globals.home)
  const startedAt = deps.clock.monotonic()
  const from = await sizeOf(log)
  const child = await deps.spawnDetached(['p2p', 'start', '--quiet', ...options.arguments], { logFile: log })
  let exitCode: number | undefined
  const watch = async (): Promise<void> => {
    exitCode = await child.ended
  }
  void watch()
  while (deps.clock.monotonic() - startedAt < (globals.timeoutMs ?? readyMs)) {
    const status = await askStatus(deps, globals)
    if (status !== undefined) return status
    if (exitCode !== undefined) throw await startFailed({ log, from, exitCode }, `ended with exit code ${exitCode}`)
    await deps.clock.sleep(stepMs, { signal: deps.interrupted })
  }
  throw await startFailed({ log, from, exitCode }, `did not answer in time; process ${child.pid} is left running`)
}

async function askStatus(deps: CliDeps, globals: GlobalOptions): Promise<unknown> {
  await using node = (await deps.connect(globals.home)) ?? null
  if (node === null) return undefined
  try {
    return await node.call('p2p.status', {}, { signal: deps.interrupted, hive: globals.hive })
  } catch (error) {
    if (error instanceof Fault && error.kind === 'unavailable') return undefined
    throw error
  }
}

interface Attempt {
  readonly log: string
  /** Where this start's lines begin in it. */
  readonly from: number
  readonly exitCode: number | undefined
}

async function startFailed({ log, from, exitCode }: Attempt, what: string): Promise<Fault> {
  const said = await readTail(log, from)
  const why = said === '' ? `See ${log}` : `${log} says:\n${said}\nMend that, and start again`
  return cliFaults.create(exitCode === exitCodes.usage ? 'USAGE_INVALID' : 'NODE_START_FAILED', {
    message: `the node ${what}. ${why}`,
    data: { log },
  })
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

/** What this start wrote, or the end of it: what others wrote before explains nothing. */
async function readTail(path: string, from: number): Promise<string> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  const buffer = Buffer.alloc(Math.min(Math.max(0, size - from), tailBytes))
  await file.read(buffer, 0, buffer.byteLength, size - buffer.byteLength)
  return buffer.toString('utf8').trim()
}
