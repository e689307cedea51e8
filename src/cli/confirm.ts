import { Fault } from '../lib/fault.ts'
import type { Operation } from '../operations/define-operation.ts'
import type { ParsedInput } from '../operations/parse-input.ts'
import type { CliDeps } from './deps.ts'
import type { Fields } from './render/read.ts'
import { readFields } from './render/read.ts'
import { createStyle } from './screen.ts'

export interface Confirmable {
  readonly operation: Operation
  readonly input: ParsedInput
  /** False where a script reads the answer: nothing is asked then. */
  readonly mayAsk: boolean
  readonly signal: AbortSignal
  readonly call: (input: ParsedInput) => Promise<unknown>
  /** Takes what is shown of the progress off the screen. */
  readonly clear: () => void
}

/**
 * Calls; and where a person must accept something first, asks on the terminal for the reason, and calls again with it.
 *
 * Without a terminal, or without a reason, the fault stands: it names the options to type.
 */
export async function callConfirmed(deps: Pick<CliDeps, 'askLine' | 'stderr' | 'environment'>, confirmable: Confirmable): Promise<unknown> {
  const { input, call, signal } = confirmable
  try {
    return await call(input)
  } catch (error) {
    const issues = questionsOf(error, confirmable)
    if (issues.length === 0 || deps.askLine === undefined) throw error
    confirmable.clear()
    const style = createStyle(deps.stderr, deps.environment)
    for (const issue of issues) deps.stderr.write(`${style.bad(issue.text('kind'))}  ${issue.text('message')}\n`)
    const reason = (await deps.askLine('Go on all the same? Write why, or nothing to stop: ', { signal })).trim()
    if (reason === '') throw error
    return call({ ...input, accept: [...new Set(issues.map((issue) => issue.text('kind')))], reason })
  }
}

/** What a fault asks to be accepted, when the operation has a way to say so and nothing was accepted on the line. */
function questionsOf(error: unknown, { operation, input, mayAsk }: Confirmable): readonly Fields[] {
  if (!mayAsk || !(error instanceof Fault) || error.code !== 'CONFIRMATION_NEEDED') return []
  const accepted = input['accept']
  const isSaid = Array.isArray(accepted) && accepted.length > 0
  return Object.hasOwn(operation.input, 'accept') && !isSaid ? readFields(error.data).records('issues') : []
}
