import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acceptBytes, offerBytes } from '../lib/byte-pipe.ts'
import type { InputField, Operation } from '../operations/define-operation.ts'
import type { CliDeps } from './deps.ts'
import { createSpool } from './spool.ts'

/** What a command is asked with, once its pipes have paths. */
export interface PipedInput extends AsyncDisposable {
  readonly input: Readonly<Record<string, unknown>>
  /** Prints what the node wrote, in place of its answer; undefined where the answer is printed. */
  readonly printContent: (() => Promise<void>) | undefined
}

type Given = Readonly<Record<string, unknown>>

/** Longest folder in which a socket's path has room. @see https://man7.org/linux/man-pages/man7/unix.7.html */
const maxFolderLength = 70

/**
 * Puts paths in the place of standard input and output, for operations that read or write one.
 *
 * Content passes between a command and its node through sockets in a folder that only their user may enter. All of it is taken before it is
 * passed on, so that no node waits for a person, and nothing is printed of what fails; it waits in a spool, so nothing is held in memory whole.
 */
export async function openPipes(
  deps: CliDeps,
  operation: Operation,
  given: Given,
  { json }: { readonly json: boolean },
): Promise<PipedInput> {
  const reads = given['text'] === undefined && given['remove'] !== true ? findField(operation, given, 'readsInput') : undefined
  const writes = json ? undefined : findField(operation, given, 'writesOutput')
  await using stack = new AsyncDisposableStack()
  const input = new Map(Object.entries(given))
  let printContent: PipedInput['printContent']
  if (reads !== undefined || writes !== undefined) {
    const folder = await mkdtemp(join(tmpdir().length > maxFolderLength ? '/tmp' : tmpdir(), 'althing-pipe-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    if (reads !== undefined) {
      const spool = createSpool(join(folder, 'in'))
      await spool.fill(deps.readInput(), { signal: deps.interrupted })
      stack.use(await offerBytes(join(folder, 'i'), spool.read()))
      input.set(reads, join(folder, 'i'))
    }
    if (writes !== undefined) {
      const spool = createSpool(join(folder, 'out'))
      const taker = stack.use(await acceptBytes(join(folder, 'o'), spool.fill))
      input.set(writes, join(folder, 'o'))
      printContent = async () => {
        if (await taker.taken()) await deps.writeOutput(spool.read())
      }
    }
  }
  const opened = stack.move()
  return { input: Object.fromEntries(input), printContent, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** The field that stands for a pipe, when no path was given for it. */
function findField(operation: Operation, given: Given, role: 'readsInput' | 'writesOutput'): string | undefined {
  const isFree = ([name, field]: readonly [string, InputField]): boolean => field[role] === true && given[name] === undefined
  return Object.entries(operation.input).find(isFree)?.[0]
}
