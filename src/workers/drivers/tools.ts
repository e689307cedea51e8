import { decodeLossy, decodeWhole, encodeText } from '../../lib/bytes.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { ToolDeclaration } from '../../models/model.ts'
import type { DriverTools, SandboxResult, WorkerDecision } from '../driver.ts'
import { formatHelp } from '../rules/prompt.ts'
import { cutMiddle } from '../rules/shorten.ts'

/** What a tool gave: text for the model, or how the whole run ends. */
export type ToolAnswer =
  | { readonly answer: 'text'; readonly text: string; readonly isError: boolean }
  | { readonly answer: 'thought'; readonly text: string }
  | { readonly answer: 'finished'; readonly title: string; readonly summary: string; readonly decision: WorkerDecision }
  | { readonly answer: 'gave-up'; readonly reason: string }
  | { readonly answer: 'person'; readonly reason: string }

export interface ToolLimits {
  /** One command. */
  readonly timeoutMs: number
  /** Characters of an answer that a model is shown; the middle of a longer one is left out. */
  readonly maxAnswerLength: number
}

interface ToolContext {
  readonly tools: Pick<DriverTools, 'run' | 'askForHelp'>
  readonly limits: ToolLimits
  readonly signal: AbortSignal
}

interface Tool {
  readonly declaration: ToolDeclaration
  readonly run: (input: ToolInput, context: ToolContext) => Promise<ToolAnswer>
}

/** Longest file that a replacement is made in, in bytes. */
const maxEditBytes = 1_048_576
/** Lines of a file that are shown when nothing else is asked. */
const defaultLines = 400
/** Lines that a search gives at most. */
const maxHits = 100

const text = (description: string): JsonObject => ({ type: 'string', description })
const integer = (description: string): JsonObject => ({ type: 'integer', description })
const object = (properties: JsonObject, required: readonly string[]): JsonObject => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

/**
 * What a model can do. Every look at a file and every change goes through a command in the sandbox: a link out of the tree leads nowhere there,
 * whoever made it.
 */
const tools: readonly Tool[] = [
  {
    declaration: {
      name: 'read',
      description: 'Shows lines of a file, or the names in a folder.',
      input: object(
        { path: text('from the top of the repository'), from: integer('first line, 1'), lines: integer(`how many, ${defaultLines}`) },
        ['path'],
      ),
    },
    run: async (input, context) => {
      const [from, lines] = [input.count('from') ?? 1, input.count('lines') ?? defaultLines]
      const script = 'if [ -d "$1" ]; then ls -ap -- "$1"; else sed -n "$2,$3p" -- "$1"; fi'
      return runScript(context, script, [dotted(input.text('path')), String(Math.max(1, from)), String(Math.max(1, from) + lines - 1)])
    },
  },
  {
    declaration: {
      name: 'search',
      description: `Finds a text, as it stands, in the files of the repository; shows at most ${maxHits} lines with their places.`,
      input: object({ text: text('no pattern: these very letters'), path: text('a folder or file; everything when not said') }, ['text']),
    },
    run: async (input, context) => {
      const script = `grep -HrnIF --exclude-dir=.git --exclude-dir=node_modules -e "$2" -- "$1" | cut -c 1-300 | head -n ${maxHits}`
      const found = await runScript(context, script, [dotted(input.optional('path') ?? '.'), input.text('text')])
      return found.answer === 'text' && found.text === '(no output)' ? { ...found, text: 'nothing found' } : found
    },
  },
  {
    declaration: {
      name: 'write',
      description: 'Writes a whole file, new or not; folders on the way are made.',
      input: object({ path: text('from the top of the repository'), content: text('all of it') }, ['path', 'content']),
    },
    run: async (input, context) => writeFile(context, input.text('path'), input.text('content')),
  },
  {
    declaration: {
      name: 'replace',
      description: 'Replaces one place in a file. `old` must stand in it exactly once.',
      input: object(
        {
          path: text('from the top of the repository'),
          old: text('with enough around it to be unique'),
          new: text('what stands there then'),
        },
        ['path', 'old', 'new'],
      ),
    },
    run: async (input, context) => {
      const [path, old] = [input.text('path'), input.text('old')]
      const command = { argv: ['cat', '--', dotted(path)], folder: '.', timeoutMs: context.limits.timeoutMs }
      const read = await context.tools.run(command, { signal: context.signal })
      if (read.exitCode !== 0) return failed(decodeLossy(read.stderr).trim() || `${path} cannot be read`)
      if (read.wasCut || read.stdout.length > maxEditBytes) return failed(`${path} is too long to be changed in one place; use a command`)
      const content = decodeWhole(read.stdout)
      if (content === undefined) return failed(`${path} is no UTF-8, so a text cannot be replaced in it; use a command`)
      const at = content.indexOf(old)
      if (old === '' || at === -1) return failed(`that text does not stand in ${path}; read it again`)
      if (content.includes(old, at + 1)) return failed(`that text stands in ${path} more than once; give more of what is around it`)
      return writeFile(context, path, content.slice(0, at) + input.text('new') + content.slice(at + old.length))
    },
  },
  {
    declaration: {
      name: 'run',
      description: 'Runs a command line with sh, and shows what it printed and how it ended. There may be no network.',
      input: object({ command: text('as typed at the top of the repository') }, ['command']),
    },
    run: async (input, context) => runScript(context, input.text('command'), []),
  },
  {
    declaration: {
      name: 'note',
      description: 'Writes down a thought for those who read later why it was done so.',
      input: object({ thought: text('one') }, ['thought']),
    },
    run: async (input) => ({ answer: 'thought', text: input.text('thought') }),
  },
  {
    declaration: {
      name: 'ask_peers',
      description: 'Asks other agents of the project a question about it. There may be no answer.',
      input: object({ question: text('with what they need to know') }, ['question']),
    },
    run: async (input, { tools: { askForHelp }, limits, signal }) => {
      const result = await askForHelp(input.text('question'), { signal })
      if (result.help === 'unanswered') return failed('nobody answered')
      if (result.help === 'person') return { answer: 'person', reason: result.reason }
      return { answer: 'text', text: cutMiddle(formatHelp(result), limits.maxAnswerLength), isError: false }
    },
  },
  {
    declaration: {
      name: 'finish',
      description: 'The task is done, and what is in the folder is the change.',
      input: object(
        {
          title: text('of the pull request, one line'),
          summary: text('of the pull request: what changed, and how it was tried'),
          decision: text('what was decided, one or two sentences'),
          why: text('why so'),
          alternatives: { type: 'array', items: { type: 'string' }, description: 'what else was considered' },
        },
        ['title', 'summary', 'decision', 'why'],
      ),
    },
    run: async (input) => ({
      answer: 'finished',
      title: input.words('title'),
      summary: input.text('summary'),
      decision: { what: input.text('decision'), why: input.text('why'), alternatives: input.texts('alternatives') },
    }),
  },
  {
    declaration: {
      name: 'give_up',
      description: 'The task cannot be done by you.',
      input: object({ reason: text('why not') }, ['reason']),
    },
    run: async (input) => ({ answer: 'gave-up', reason: input.text('reason') }),
  },
  {
    declaration: {
      name: 'ask_person',
      description: 'Only a person can decide this; work on the task ends until one did.',
      input: object({ question: text('what is to be decided') }, ['question']),
    },
    run: async (input) => ({ answer: 'person', reason: input.text('question') }),
  },
]

/** All of them, as a model is told. */
export const toolDeclarations: readonly ToolDeclaration[] = tools.map(({ declaration }) => declaration)

/** Whether there is a tool of that name. */
export function isTool(name: string): boolean {
  return tools.some(({ declaration }) => declaration.name === name)
}

/** Uses a tool. Whatever a model gets wrong is an answer that says so. @throws the signal's reason */
export async function applyTool(name: string, input: Json | undefined, context: ToolContext): Promise<ToolAnswer> {
  const tool = tools.find(({ declaration }) => declaration.name === name)
  if (tool === undefined) return failed(`there is no tool ${JSON.stringify(name.slice(0, 80))}`)
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return failed('the input is no JSON object')
  try {
    return await tool.run(new ToolInput(new Map(Object.entries(input))), context)
  } catch (error) {
    if (error instanceof WrongInput) return failed(error.message)
    throw error
  }
}

class WrongInput extends Error {}

/** The fields of what a model wrote. */
class ToolInput {
  readonly #fields: ReadonlyMap<string, unknown>

  constructor(fields: ReadonlyMap<string, unknown>) {
    this.#fields = fields
  }

  text(name: string): string {
    const value = this.optional(name)
    if (value === undefined) throw new WrongInput(`${name} must be given, as text`)
    return value
  }

  /** A text that says something. */
  words(name: string): string {
    const value = this.text(name)
    if (value.trim() === '') throw new WrongInput(`${name} must say something`)
    return value
  }

  optional(name: string): string | undefined {
    const value = this.#fields.get(name)
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string' || value.includes('\0')) throw new WrongInput(`${name} must be text`)
    return value
  }

  count(name: string): number | undefined {
    const value = this.#fields.get(name)
    if (value === undefined || value === null) return undefined
    if (!Number.isSafeInteger(value) || Number(value) < 0 || Number(value) > 1e9) throw new WrongInput(`${name} must be a whole number`)
    return Number(value)
  }

  texts(name: string): readonly string[] {
    const value = this.#fields.get(name)
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string').slice(0, 20) : []
  }
}

async function writeFile(context: ToolContext, path: string, content: string): Promise<ToolAnswer> {
  const script = 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"'
  const written = await runScript(context, script, [dotted(path)], encodeText(content))
  return written.answer === 'text' && !written.isError ? { ...written, text: `${path} is written` } : written
}

/** Words of a model are arguments of a script of ours, never a part of it; only `run` is its own script. */
async function runScript(context: ToolContext, script: string, words: readonly string[], stdin?: Uint8Array): Promise<ToolAnswer> {
  const { tools: sandbox, limits, signal } = context
  const result = await sandbox.run(
    { argv: ['sh', '-c', script, 'sh', ...words], folder: '.', timeoutMs: limits.timeoutMs, ...(stdin === undefined ? {} : { stdin }) },
    { signal },
  )
  return { answer: 'text', text: cutMiddle(describeResult(result), limits.maxAnswerLength), isError: result.exitCode !== 0 }
}

function describeResult({ exitCode, stdout, stderr, wasCut }: SandboxResult): string {
  const parts = [
    decodeLossy(stdout).trimEnd(),
    decodeLossy(stderr).trimEnd(),
    wasCut ? '(it ran too long or said too much, and was ended)' : exitCode === 0 ? '' : `(ended with ${exitCode ?? 'a signal'})`,
  ]
  return parts.filter((part) => part !== '').join('\n') || '(no output)'
}

/** A path that no program takes for an option. */
function dotted(path: string): string {
  return path.startsWith('/') || path === '.' || path.startsWith('./') ? path : `./${path}`
}

function failed(reason: string): ToolAnswer {
  return { answer: 'text', text: reason, isError: true }
}
