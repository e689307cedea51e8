import { constants } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkerOutcome } from '../driver.ts'
import { parseOutcome } from '../rules/outcome.ts'

/** A folder of one run that an agent may write to, beside its worktree. */
export interface OutcomeFile extends AsyncDisposable {
  readonly folder: string
  readonly path: string
  /** What the agent wrote about its end; undefined when nothing, or nothing that can be read. */
  readonly read: () => Promise<WorkerOutcome | undefined>
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
    read: async () => {
      const text = await readPlainFile(path)
      return text === undefined ? undefined : parseOutcome(text)
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** S24: the agent made it: it may be a link, a pipe that never ends, or longer than memory. */
async function readPlainFile(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const status = await file.stat()
    return status.isFile() && status.size <= maxOutcomeBytes ? await file.readFile('utf8') : undefined
  } catch {
    return undefined
  }
}
