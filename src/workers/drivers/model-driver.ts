import { Fault } from '../../lib/fault.ts'
import type { Message } from '../../models/model.ts'
import type { Model, PaidCompletion } from '../../models/models.ts'
import type { Assignment, Driver, DriverTools, WorkerEvent, WorkerOutcome } from '../driver.ts'
import { judgeModelFault } from '../rules/model-fault.ts'
import { boundOutcome } from '../rules/outcome.ts'
import { formatTaskPrompt, workerInstructions } from '../rules/prompt.ts'
import type { TurnEvent, Turns } from '../rules/turns.ts'
import { noTurns, stepTurns } from '../rules/turns.ts'
import type { ToolAnswer, ToolLimits } from './tools.ts'
import { applyTool, isTool, toolDeclarations } from './tools.ts'

export interface ModelDriverOptions extends ToolLimits {
  /** Tokens of one answer at most. */
  readonly maxOutputTokens: number
}

/** Tools that are not there and are named in the reason of a failure, and characters of such a name. */
const maxUnknownTools = 5
const maxToolName = 80

const nudge = 'Nothing was asked for. Use a tool; when the task is done call finish, when it cannot be done call give_up.'

/** Our own loop: a model, tools in the sandbox, and an end it must name. */
export function createModelDriver({ model }: { readonly model: Model }, options: ModelDriverOptions): Driver {
  return { name: 'model', run: (assignment, tools, waiting) => converse({ model, assignment, tools, options, ...waiting }) }
}

interface Conversation {
  readonly model: Model
  readonly assignment: Assignment
  readonly tools: DriverTools
  readonly options: ModelDriverOptions
  readonly signal: AbortSignal
}

async function* converse(conversation: Conversation): AsyncGenerator<WorkerEvent> {
  const { assignment, tools, options, signal } = conversation
  const { limits } = assignment
  const prompt = formatTaskPrompt(assignment)
  const messages: Message[] = [
    { role: 'system', text: workerInstructions },
    { role: 'user', text: prompt },
  ]
  yield { type: 'prompt', kind: 'task_analysis', text: workerInstructions }
  yield { type: 'prompt', kind: 'task_analysis', text: prompt }
  let turns: Turns = noTurns
  const unknownTools = new Set<string>()
  /** Undefined while it may go on. */
  const step = (event: TurnEvent): WorkerEvent | undefined => {
    const verdict = stepTurns(turns, event, limits)
    if (verdict.verdict === 'on') turns = verdict.turns
    return verdict.verdict === 'on'
      ? undefined
      : outcome({ outcome: 'failed', reason: `${verdict.reason}${describeUnknown(unknownTools)}` })
  }
  for (;;) {
    const late = step({ event: 'asked' })
    if (late !== undefined) return yield late
    await tools.untilMayWork({ signal })
    const answer = await ask(conversation, messages)
    if ('outcome' in answer) return yield outcome(answer)
    const { took, text, calls } = answer
    yield { type: 'answer', text, cost: { tokens: took.tokens, microUsd: took.usd } }
    messages.push({ role: 'assistant', text, calls })
    if (calls.length === 0) {
      const silent = step({ event: 'silent' })
      if (silent !== undefined) return yield silent
      messages.push({ role: 'user', text: nudge })
      yield { type: 'prompt', kind: 'meta_thinking', text: nudge }
    }
    for (const call of calls) {
      await tools.untilMayWork({ signal })
      if (unknownTools.size < maxUnknownTools && !isTool(call.name)) unknownTools.add(call.name.slice(0, maxToolName))
      const given = await applyTool(call.name, call.input, { tools, limits: options, signal })
      if (given.answer === 'thought') yield { type: 'prompt', kind: 'meta_thinking', text: given.text }
      const end = outcomeOf(given)
      if (end !== undefined) return yield outcome(end)
      const output = given.answer === 'text' ? given.text : 'noted'
      yield { type: 'tool', name: call.name, input: call.text, output, isError: given.answer === 'text' && given.isError }
      messages.push({ role: 'tool', call, text: output })
      const circle = step({ event: 'used', tool: call.name, input: call.text, output })
      if (circle !== undefined) return yield circle
    }
  }
}

/** What the model says, or how the run ends because it cannot. */
async function ask(
  { model, assignment, options, signal }: Conversation,
  messages: readonly Message[],
): Promise<PaidCompletion | WorkerOutcome> {
  const { project, key } = assignment.task
  try {
    const request = { messages, tools: toolDeclarations, maxOutputTokens: options.maxOutputTokens }
    const answer = await model.complete(request, { task: `${project}#${key}`, signal })
    if (answer.finish === 'refused') return { outcome: 'failed', reason: `${model.name} refused to answer` }
    if (answer.finish === 'length' && answer.calls.length === 0) return { ...answer, text: `${answer.text}\n(cut)` }
    return answer
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { outcome: judgeModelFault(error), reason: error.message }
  }
}

function outcomeOf(given: ToolAnswer): WorkerOutcome | undefined {
  if (given.answer === 'finished') return { outcome: 'done', title: given.title, summary: given.summary, decision: given.decision }
  if (given.answer === 'gave-up') return { outcome: 'failed', reason: given.reason }
  if (given.answer === 'person') return { outcome: 'needs-human', reason: given.reason }
  return undefined
}

/** What was asked for and is not there: a model that was taught other tools fails by that. */
function describeUnknown(names: ReadonlySet<string>): string {
  return names.size === 0 ? '' : `; it asked for tools that are not there: ${[...names].map((name) => JSON.stringify(name)).join(', ')}`
}

function outcome(end: WorkerOutcome): WorkerEvent {
  return { type: 'outcome', outcome: boundOutcome(end) }
}
