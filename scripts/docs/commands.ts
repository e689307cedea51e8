import type { Command } from 'commander'
import { z } from 'zod'
import { catalog } from '../../src/catalog.ts'
import { createProgram } from '../../src/cli/program.ts'
import { globalOptionNames } from '../../src/cli/global-options.ts'
import { startExamples } from '../../src/cli/start-command.ts'
import { ucxlExamples } from '../../src/cli/ucxl/commands.ts'
import type { Operation } from '../../src/operations/define-operation.ts'
import { formatShape } from './shape.ts'

/** The page of all commands, with the shape of their `--json` answers. */
export function writeCommands(): string {
  const program = createProgram(
    { version: '', workingDirectory: '/' },
    { onCommand: async () => {}, onStart: async () => {}, onUcxl: async () => {}, onHelp: () => {}, onUsageError: () => {} },
  )
  const found = new Map<string, Command>()
  collect(program, '', found)
  const byCommand = new Map(catalog.flatMap((operation) => commandsOf(operation, found).map((name) => [name, operation] as const)))
  const sections = [...found].map(([name, command]) => section(name, command, byCommand.get(name)))
  return `# Commands

Every command takes these options, before or after its name:

| option | meaning |
| --- | --- |
${optionRows(program.options.filter(({ long }) => globalOptionNames.has(long ?? '')))}

Exit codes: 0 done, 1 a fault, 2 wrong usage, 130 interrupted. With \`--json\` stdout holds one document of the shape below and nothing
else; what went wrong is on stderr as \`{"error": {"code", "message", "data"}}\`, see [faults](faults.md). An answer may get new fields;
those named here stay.

The same operations are answered over HTTP, on the unix socket of the home for its user and on \`http://127.0.0.1:4801\` with
\`Authorization: Bearer\` and the token in \`http.token\`: \`POST /v1/operations/<name>\` with \`{"input": {…}, "hive": "…"}\` answers
\`{"output": …}\`, or with \`Accept: application/x-ndjson\` lines of \`{"progress": …}\` and the result last. \`GET /health/live\` and
\`GET /health/ready\` need no token.

${sections.join('\n\n')}
`
}

function collect(command: Command, prefix: string, found: Map<string, Command>): void {
  for (const child of command.commands) {
    const name = `${prefix}${child.name()}`
    if (child.commands.length > 0) collect(child, `${name} `, found)
    else found.set(name, child)
  }
}

/** The long form, and the short one, of an operation. */
function commandsOf({ name, aliases }: Operation, found: ReadonlyMap<string, Command>): readonly string[] {
  const [group = '', verb = ''] = name.split('.')
  const candidates = [
    `${group} ${verb}`,
    name === 'backup.restore' ? 'restore' : name === 'backup.create' ? 'backup' : '',
    ...(aliases ?? []),
  ]
  return candidates.filter((candidate) => found.has(candidate))
}

function section(name: string, command: Command, operation: Operation | undefined): string {
  const long = operation === undefined ? name : operation.name.replace('.', ' ')
  if (operation !== undefined && name !== long && operation.aliases?.includes(name) === true) {
    return `## althing ${name}\n\nShort for [\`althing ${long}\`](#althing-${long.replace(' ', '-')}).\n`
  }
  const own = command.options.filter((option) => !globalOptionNames.has(option.long ?? ''))
  const rows = [
    ...command.registeredArguments.map((argument) => `| \`${argument.name()}\` | ${argument.description} |`),
    ...(own.length > 0 ? [optionRows(own)] : []),
  ]
  const examples = (operation?.examples ?? examplesOf(name)).map(({ command: line, does }) => `- \`${line}\`: ${does}`)
  const faults =
    operation === undefined || operation.faults.length === 0 ? '' : `Faults: ${operation.faults.map((code) => `\`${code}\``).join(', ')}.\n`
  const shape =
    operation === undefined
      ? ''
      : `Answer:\n\n\`\`\`ts\n${formatShape(z.toJSONSchema(operation.output(z), { io: 'output', unrepresentable: 'any' }))}\n\`\`\`\n`
  return [
    `## althing ${name}`,
    `${command.description()} \`althing ${name} ${command.usage()}\`${operation === undefined ? '' : ` · operation \`${operation.name}\``}`,
    rows.length === 0 ? '' : `| input | meaning |\n| --- | --- |\n${rows.join('\n')}`,
    examples.join('\n'),
    faults.trim(),
    shape,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Of a command that is no operation. */
function examplesOf(name: string): readonly { readonly command: string; readonly does: string }[] {
  const own = Object.entries(ucxlExamples).flatMap(([verb, example]) => (name === `ucxl ${verb}` ? [example] : []))
  return own.length > 0 ? own : startExamples
}

function optionRows(options: Command['options']): string {
  return options.map(({ flags, description }) => `| \`${flags}\` | ${description} |`).join('\n')
}
