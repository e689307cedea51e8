import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InputField, Operation } from '../operations/define-operation.ts'
import type { CliDeps } from './deps.ts'

/** What a command is asked with, once its pipes are files. */
export interface PipedInput extends AsyncDisposable {
  readonly input: Readonly<Record<string, unknown>>
  /** Prints what the node wrote, in place of its answer; undefined where the answer is printed. */
  readonly printContent: (() => Promise<void>) | undefined
}

type Given = Readonly<Record<string, unknown>>

/**
 * Puts files in the place of standard input and output, for operations that read or write one.
 *
 * Content passes between a command and its node by paths: both are of one user on one machine, and nothing is held in memory whole.
 */
export async function openPipes(
  deps: CliDeps,
  operation: Operation,
  given: Given,
  { json }: { readonly json: boolean },
): Promise<PipedInput> {
  const reads = findField(operation, given, 'readsInput')
  const writes = json ? undefined : findField(operation, given, 'writesOutput')
  const isTextGiven = given['text'] !== undefined
  if ((reads === undefined || isTextGiven) && writes === undefined) {
    return { input: given, printContent: undefined, [Symbol.asyncDispose]: async () => {} }
  }
  const folder = await mkdtemp(join(tmpdir(), 'althing-pipe-'))
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const input = new Map(Object.entries(given))
    if (reads !== undefined && !isTextGiven) input.set(reads, await keepInput(deps, join(folder, 'in')))
    const out = join(folder, 'out')
    if (writes !== undefined) {
      // there before the node writes it, so that what it leaves unwritten is nothing and no fault
      await writeFile(out, '', { mode: 0o600 })
      input.set(writes, out)
    }
    const printContent = writes === undefined ? undefined : (): Promise<void> => deps.writeOutput(createReadStream(out))
    return { input: Object.fromEntries(input), printContent, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The field that stands for a pipe, when no path was given for it. */
function findField(operation: Operation, given: Given, role: 'readsInput' | 'writesOutput'): string | undefined {
  const isFree = ([name, field]: readonly [string, InputField]): boolean => field[role] === true && given[name] === undefined
  return Object.entries(operation.input).find(isFree)?.[0]
}

async function keepInput(deps: CliDeps, path: string): Promise<string> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(deps.readInput(), { signal: deps.interrupted })
  return path
}
