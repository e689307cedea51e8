import { describeError } from '../lib/fault.ts'
import type { Operation, Progress } from '../operations/define-operation.ts'
import type { Althing } from '../operations/node-api.ts'
import type { ParsedInput } from '../operations/parse-input.ts'
import type { CliDeps } from './deps.ts'
import { cliFaults } from './faults.ts'

/** @throws Fault USAGE_INVALID when a person is to be asked while the command runs and none can be */
export function refuseUnasked(
  { askLine }: Pick<CliDeps, 'askLine'>,
  operation: Operation,
  { input, isSilent }: { readonly input: ParsedInput; readonly isSilent: boolean },
): void {
  if (askLine !== undefined && !isSilent) return
  const asking = Object.entries(operation.input).find(([name, field]) => field.asksPerson === true && input[name] === true)
  if (asking === undefined) return
  throw cliFaults.create('USAGE_INVALID', {
    message: `--${asking[0]} asks a person at a terminal, and there is none here: run it in one, without --json and --quiet, or leave --${asking[0]} out`,
    data: { option: asking[0] },
  })
}

export interface Asking {
  readonly node: Pick<Althing, 'call'>
  readonly hive: string | undefined
  readonly signal: AbortSignal
  readonly report: (progress: Progress) => void
}

/** Shows progress, and puts the questions in it to the person at the terminal. Nothing but `yes` is one. */
export function answerQuestions(
  { askLine, stderr }: Pick<CliDeps, 'askLine' | 'stderr'>,
  { node, hive, signal, report }: Asking,
): (progress: Progress) => void {
  const answer = async (question: string): Promise<void> => {
    if (askLine === undefined) return
    const line = await askLine('Write yes to go on, anything else to stop: ', { signal })
    await node.call('worker.approve', { question, refuse: line.trim().toLowerCase() !== 'yes' }, { signal, hive, report: () => {} })
  }
  return (progress) => {
    report(progress)
    if (progress.question === undefined) return
    // a command that is ended needs no answer any more
    answer(progress.question).catch((error: unknown) => {
      if (!signal.aborted) stderr.write(`the answer did not arrive: ${describeError(error)}\n`)
    })
  }
}
