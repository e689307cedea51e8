import { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import { addGlobalOptions } from '../global-options.ts'
import { formatExamples } from '../help.ts'
import { exitCodes } from '../report-fault.ts'
import type { UcxlVerb } from './answer.ts'
import { answerUcxl, ucxlVerbs } from './answer.ts'
import { readLines } from './read-lines.ts'

/** Longest line of input, in characters: an address has 2,048, and `navigate` may list times. */
const maxLineLength = 1_048_576

/** What one `althing ucxl` command was asked. */
export interface UcxlRequest {
  readonly verb: UcxlVerb
  /** Without it, one input per line of standard input. */
  readonly input: string | undefined
  readonly isPattern: boolean
}

export type OnUcxl = (request: UcxlRequest) => Promise<void>

/** Examples of the group, for its help and the reference page. */
export const ucxlExamples: Readonly<Record<UcxlVerb, { readonly command: string; readonly does: string }>> = {
  parse: { command: "althing ucxl parse 'ucxl://ada-claude:dev@shop:cart-42/~~2/plan.md'", does: 'its parts, as one line of JSON' },
  match: {
    command: 'althing ucxl match \'{"pattern":"ucxl://any:any@shop:any","address":"ucxl://a:b@shop:c/*^/x"}\'',
    does: 'whether the pattern means the address',
  },
  navigate: { command: 'althing ucxl navigate \'{"versions":10,"temporal":"~~3"}\'', does: 'version 7' },
  import: { command: "althing ucxl import 'bzzz://gpt4:architect@bzzz:v2/choice.json'", does: 'the same as an address of today' },
}

/** `ucxl parse|match|navigate|import`: no node, no home, one line of JSON for each input. */
export function createUcxlCommands(onUcxl: OnUcxl): readonly Command[] {
  return Object.entries(ucxlVerbs).map(([name, summary]) => {
    const verb = name as UcxlVerb
    const command = new Command(verb).description(`${summary}.`).allowExcessArguments(false)
    command.argument('[input]', 'one input; without it, one for each line of standard input')
    if (verb === 'parse') command.option('--pattern', 'read patterns, in which "*" also stands for "any"')
    addGlobalOptions(command)
    command.addHelpText('after', formatExamples([ucxlExamples[verb]]))
    return command.action(async (input: string | undefined) => onUcxl({ verb, input, isPattern: command.opts()['pattern'] === true }))
  })
}

/** Answers every input on a line of its own; gives the exit code. */
export async function runUcxl(deps: Pick<CliDeps, 'stdout' | 'readInput'>, { verb, input, isPattern }: UcxlRequest): Promise<number> {
  let hasFailed = false
  const answer = (text: string, isCut: boolean): void => {
    const { line, isFailure } = isCut ? tooLong : answerUcxl(verb, text, { isPattern })
    hasFailed ||= isFailure
    deps.stdout.write(`${JSON.stringify(line)}\n`)
  }
  if (input !== undefined) answer(input, input.length > maxLineLength)
  else for await (const { text, isCut } of readLines(deps.readInput(), maxLineLength)) answer(text, isCut)
  return hasFailed ? exitCodes.fault : exitCodes.done
}

const tooLong = {
  line: { error: 'address', message: `a line is longer than ${maxLineLength} characters`, offset: maxLineLength },
  isFailure: true,
}
