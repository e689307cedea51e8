import { constants } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { WrittenOutcome } from '../rules/outcome.ts'
import { parseOutcome, unreadable } from '../rules/outcome.ts'

/** A folder of one run that an agent may write to, beside its worktree. */
export interface OutcomeFile extends AsyncDisposable {
  readonly folder: string
  readonly path: string
  /** What the agent wrote about its end; undefined when it left no file. */
  readonly read: () => Promise<WrittenOutcome | undefined>
}

/** Longest file that is read, in bytes. */
const maxOutcomeBytes = 262_144

/** Makes the folder under `parent`, which must be there. */
export async function openOutcomeFile(parent: string): Promise<OutcomeFile> {
  const folder = await mkdtemp(join(parent, 'run-'))
  const path = join(folder, 'outcome.json')
  return {
    folder,
    path,
    read: () => readOutcome(path),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** S24: the agent made it: it may be a link, a pipe that never ends, or longer than memory. */
async function readOutcome(path: string): Promise<WrittenOutcome | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const status = await file.stat()
    if (!status.isFile()) return unreadable('it is no plain file')
    if (status.size > maxOutcomeBytes) return unreadable(`it is longer than ${maxOutcomeBytes} bytes`)
    return parseOutcome(await file.readFile('utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return undefined
    return unreadable(code === 'ELOOP' ? 'it is no plain file' : `the system says ${String(code)}`)
  }
}
