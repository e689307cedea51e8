import type { Readable } from 'node:stream'
import { Writable } from 'node:stream'
import { client, methods, ndJsonStream, PROTOCOL_VERSION, RequestError } from '@agentclientprotocol/sdk'
import type { ClientContext, InitializeRequest, StopReason } from '@agentclientprotocol/sdk'
import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/fault.ts'
import type { Assignment, Driver, DriverTools, WorkerEvent, WorkerOutcome } from '../driver.ts'
import { formatExternalPrompt } from '../rules/external-prompt.ts'
import { outcomeOfEnd, outcomeOfFailure } from '../rules/outcome.ts'
import { cutEnd } from '../rules/shorten.ts'
import { choosePermission } from '../rules/permissions.ts'
import { pauseUnconfirmed } from '../sandbox/pause-unconfirmed.ts'
import { endAfter } from '../watch-lease.ts'
import type { SandboxProcess } from '../sandbox/sandbox.ts'
import { createUpdateReader } from './acp-updates.ts'
import { openEventQueue } from './event-queue.ts'
import type { EventQueue } from './event-queue.ts'
import type { ExternalDeps, ExternalOptions } from './external.ts'
import { variablesOf } from './external.ts'
import type { OutcomeFile } from './outcome-file.ts'
import { openOutcomeFile } from './outcome-file.ts'

/** Longest message of an agent, in bytes. */
const maxMessageBytes = 8_388_608
/** Time in which an agent must have begun a session, in milliseconds: some fetch themselves first. */
const maxStartMs = 120_000
/** Longest line of its complaints that tells how it failed, in characters. */
const maxReasonLength = 300
/** Time that an agent has to end by itself after it was told to, in milliseconds. */
const graceMs = 1_000

/** Any agent that speaks the Agent Client Protocol over its standard streams. @see https://agentclientprotocol.com */
export function createAcpDriver(deps: ExternalDeps, options: ExternalOptions): Driver {
  return { name: 'acp', run: (assignment, tools, waiting) => runOnce(deps, options, { assignment, tools, ...waiting }) }
}

interface Run {
  readonly assignment: Assignment
  readonly tools: DriverTools
  readonly signal: AbortSignal
}

async function* runOnce(deps: ExternalDeps, options: ExternalOptions, run: Run): AsyncGenerator<WorkerEvent> {
  const { assignment, tools, signal } = run
  const { task, worktree, limits } = assignment
  await using file = await openOutcomeFile(options.scratchFolder)
  const prompt = formatExternalPrompt(assignment, file.path)
  yield { type: 'prompt', kind: 'task_analysis', text: prompt }
  const given = await variablesOf(deps, task, file)
  if ('outcome' in given) return yield { type: 'outcome', outcome: given }
  await tools.untilMayWork({ signal })
  const child = deps.sandbox.spawn({
    argv: options.command,
    folder: worktree,
    writable: [...assignment.writable, file.folder],
    readable: assignment.readable,
    variables: given.variables,
  })
  const over = new AbortController()
  const late = AbortSignal.any([signal, over.signal])
  const events = openEventQueue<WorkerEvent>(limits.maxOutputBytes)
  const onLook = endAfter(limits.timeoutMs, () => over.abort(new DOMException('its time is over', 'TimeoutError')))
  using _paused = pauseUnconfirmed(child, { clock: deps.clock, mayWork: tools.mayWork }, { onLook })
  try {
    const ending = converse(child, { ...run, signal: late }, { clock: deps.clock, options, events, file, prompt }).finally(events.close)
    yield* events
    const outcome = await ending
    signal.throwIfAborted()
    yield { type: 'outcome', outcome }
  } finally {
    child.kill()
    await child.exited
    // a process that left the group may hold them open
    for (const stream of [child.stdout, child.stderr]) stream.destroy()
  }
}

interface Talk {
  readonly clock: Clock
  readonly options: ExternalOptions
  readonly events: EventQueue<WorkerEvent>
  readonly file: OutcomeFile
  readonly prompt: string
}

/** Never rejects for what the agent does: that is an outcome. */
async function converse(child: SandboxProcess, run: Run, talk: Talk): Promise<WorkerOutcome> {
  const { assignment, tools, signal } = run
  const { options, events, file, prompt } = talk
  const updates = createUpdateReader(events)
  const progress: Progress = { hasSession: false, stopped: undefined }
  const complaint = readComplaint(child.stderr)
  const app = client({ name: 'althing' })
    .onRequest(methods.client.session.requestPermission, async ({ params }) => {
      // Leave to act is given while the lease is confirmed: an agent that asks is held here, one that does not ask by its own model's calls.
      await tools.untilMayWork({ signal })
      const optionId = choosePermission({ kind: updates.kindOf(params.toolCall), options: params.options }, options)
      const answer = params.options.find((option) => option.optionId === optionId)?.kind ?? 'no answer that fits was offered'
      if (!updates.asked(params.toolCall, answer)) child.kill()
      return { outcome: optionId === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId } }
    })
    .onNotification(methods.client.session.update, ({ params }) => {
      if (!updates.read(params.update)) child.kill()
    })
  const stream = ndJsonStream(Writable.toWeb(child.stdin), toWeb(child.stdout), { maxMessageBytes })
  const late = Promise.withResolvers<never>()
  const cancel = talk.clock.schedule(maxStartMs, () => {
    if (!progress.hasSession) late.reject(new Error(`it began no session within ${maxStartMs} ms`))
  })
  try {
    const work = app.connectWith(stream, (agent) => promptOnce(agent, { worktree: assignment.worktree, prompt, progress, signal }))
    const first = Promise.race([work, ended(child, talk.clock), aborted(signal, talk.clock), late.promise])
    const stopped = await first.catch((error: unknown) => progress.stopped ?? Promise.reject(error))
    if (stopped === 'end_turn') return outcomeOfEnd(await file.read(), { task: assignment.task, lastWords: updates.lastWords() })
    return { outcome: 'failed', reason: reasonOf(stopped) }
  } catch (error) {
    if (events.isFull) return { outcome: 'failed', reason: `the agent said more than ${assignment.limits.maxOutputBytes} bytes` }
    if (signal.aborted) return { outcome: 'failed', reason: `the agent came to no end within ${assignment.limits.timeoutMs} ms` }
    const end = await describeEnd(child, error, talk)
    const said = cutEnd(complaint().trim().split('\n').at(-1) ?? '', maxReasonLength)
    const reason = `the agent failed: ${end.words}${said === '' ? '' : ` (${said})`}`
    // it was not told the task yet
    if (!progress.hasSession) return { outcome: 'hindered', reason }
    return outcomeOfFailure(end.exitCode === undefined ? undefined : await file.read(), { exitCode: end.exitCode, reason })
  } finally {
    cancel()
    updates.end()
  }
}

/** How a conversation broke off. Who answered with an error runs on; the process of another may be about to end. */
async function describeEnd(
  child: SandboxProcess,
  error: unknown,
  { clock }: Pick<Talk, 'clock'>,
): Promise<{ readonly words: string; readonly exitCode: number | undefined }> {
  const isAnswer = error instanceof RequestError
  const end = isAnswer ? undefined : await Promise.race([child.exited.then((exitCode) => ({ exitCode })), after(clock)])
  if (end === undefined) return { words: describeError(error), exitCode: undefined }
  return { words: `its process ended with ${end.exitCode ?? 'a signal'}`, exitCode: end.exitCode }
}

/** How far a conversation came. */
interface Progress {
  hasSession: boolean
  /** What it said of its end: it may close its end of the line in the same moment. */
  stopped: StopReason | undefined
}

interface Prompting {
  readonly worktree: string
  readonly prompt: string
  readonly progress: Progress
  readonly signal: AbortSignal
}

async function promptOnce(agent: ClientContext, { worktree, prompt, progress, signal }: Prompting): Promise<StopReason> {
  // It has the folder itself and may run what it likes there: files and terminals of ours would only be ways out of the sandbox.
  const greeting: InitializeRequest = {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
  }
  const { protocolVersion } = await agent.request(methods.agent.initialize, greeting)
  if (protocolVersion !== PROTOCOL_VERSION)
    throw new Error(`it speaks version ${protocolVersion} of the protocol, and we ${PROTOCOL_VERSION}`)
  const { sessionId } = await agent.request(methods.agent.session.new, { cwd: worktree, mcpServers: [] })
  progress.hasSession = true
  const cancel = (): void => void agent.notify(methods.agent.session.cancel, { sessionId }).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const { stopReason } = await agent.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: 'text', text: prompt }] })
    progress.stopped = stopReason
    return stopReason
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function reasonOf(stopped: StopReason): string {
  const reasons: Readonly<Record<StopReason, string>> = {
    end_turn: 'it ended',
    max_tokens: 'the agent ran out of tokens',
    max_turn_requests: 'the agent ran out of turns',
    refusal: 'the agent refused',
    cancelled: 'the agent was called off',
  }
  return reasons[stopped]
}

/** The end of what it says on stderr. */
function readComplaint(stderr: Readable): () => string {
  let said = ''
  stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2_000)))
  return () => said
}

function toWeb(stream: Readable): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      stream.on('data', (chunk: Uint8Array) => {
        controller.enqueue(chunk)
        if ((controller.desiredSize ?? 0) <= 0) stream.pause()
      })
      stream.on('end', () => controller.close())
      stream.on('error', (error) => controller.error(error))
    },
    pull: () => void stream.resume(),
    cancel: () => void stream.destroy(),
  })
}

/** A little after its end: what it said last may still be on its way. */
async function ended(child: SandboxProcess, clock: Clock): Promise<never> {
  await child.exited
  await after(clock)
  throw new Error('its process ended')
}

/** A little after the signal: an agent that was told to stop may still say how it stands. */
async function aborted(signal: AbortSignal, clock: Clock): Promise<never> {
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  await after(clock)
  throw new Error('called off')
}

async function after(clock: Clock): Promise<undefined> {
  return new Promise((resolve) => clock.schedule(graceMs, () => resolve(undefined)))
}
