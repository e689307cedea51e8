import { decodeLossy, encodeText } from '../../lib/bytes.ts'
import type { Assignment, Driver, DriverTools, SandboxResult, WorkerEvent, WorkerOutcome } from '../driver.ts'
import { formatExternalPrompt, maxWordBytes, placePrompt } from '../rules/external-prompt.ts'
import type { WrittenOutcome } from '../rules/outcome.ts'
import { outcomeOfEnd, outcomeOfFailure } from '../rules/outcome.ts'
import { cutEnd, cutStart } from '../rules/shorten.ts'
import { runCommand } from '../sandbox/run-command.ts'
import type { ExternalDeps, ExternalOptions } from './external.ts'
import { variablesOf } from './external.ts'
import { openOutcomeFile } from './outcome-file.ts'

/** How much of what a command printed is kept, from its end, in characters. */
const maxWordsLength = 20_000
/** Longest line of its complaints that tells how it failed, in characters. */
const maxReasonLength = 500

/** Any program: it is given the task, works in the folder, and ends. */
export function createCommandDriver(deps: ExternalDeps, options: ExternalOptions): Driver {
  return { name: 'command', run: (assignment, tools, waiting) => runOnce(deps, options, { assignment, tools, ...waiting }) }
}

interface Run {
  readonly assignment: Assignment
  readonly tools: DriverTools
  readonly signal: AbortSignal
}

async function* runOnce(deps: ExternalDeps, options: ExternalOptions, { assignment, tools, signal }: Run): AsyncGenerator<WorkerEvent> {
  const { task, worktree, limits } = assignment
  await using file = await openOutcomeFile(options.scratchFolder)
  const prompt = formatExternalPrompt(assignment, file.path)
  yield { type: 'prompt', kind: 'task_analysis', text: prompt }
  const given = await variablesOf(deps, task, file)
  if ('outcome' in given) return yield { type: 'outcome', outcome: given }
  await tools.untilMayWork({ signal })
  const placed = placePrompt(options.command, prompt)
  const longest = Math.max(...(placed ?? []).map((word) => Buffer.byteLength(word)))
  if (longest > maxWordBytes) return yield { type: 'outcome', outcome: tooLong(longest) }
  const result = await runCommand(
    deps,
    {
      argv: placed ?? options.command,
      folder: worktree,
      writable: [...assignment.writable, file.folder],
      readable: assignment.readable,
      variables: given.variables,
    },
    { ...limits, stdin: placed === undefined ? encodeText(prompt) : undefined, mayWork: tools.mayWork, signal },
  )
  const words = cutStart(`${decodeLossy(result.stdout)}${decodeLossy(result.stderr)}`, maxWordsLength)
  yield { type: 'tool', name: 'command', input: options.command.join(' '), output: words, isError: result.exitCode !== 0 }
  yield { type: 'outcome', outcome: await judgeEnd(assignment, result, await file.read()) }
}

function tooLong(bytes: number): WorkerOutcome {
  const reason = `the task has ${bytes} bytes, and a word of a command at most ${maxWordBytes}: leave {prompt} out, and the command gets it on standard input`
  return { outcome: 'failed', reason }
}

/** What the agent wrote counts when it ended well; a failure that it gave no reason for is told by its last line. */
async function judgeEnd({ task, limits }: Assignment, result: SandboxResult, written: WrittenOutcome | undefined): Promise<WorkerOutcome> {
  if (result.wasCut)
    return {
      outcome: 'failed',
      reason: `the command ran longer than ${limits.timeoutMs} ms or printed more than ${limits.maxOutputBytes} bytes`,
    }
  if (result.exitCode === 0) return outcomeOfEnd(written, { task, lastWords: decodeLossy(result.stdout) })
  const lastLine = cutEnd(decodeLossy(result.stderr).trim().split('\n').at(-1) ?? '', maxReasonLength)
  const reason = `the command ended with ${result.exitCode ?? 'a signal'}${lastLine === '' ? '' : `: ${lastLine}`}`
  return outcomeOfFailure(written, { exitCode: result.exitCode, reason })
}
