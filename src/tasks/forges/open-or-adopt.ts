import { Fault } from '../../lib/fault.ts'
import { tasksFaults } from '../faults.ts'
import type { MergedPull, PullDraft, PullRequest } from './forge.ts'

/** How a forge makes a pull request, and how it is asked for what is there. */
export interface PullMaking {
  readonly create: () => Promise<unknown>
  /** The open one. */
  readonly find: () => Promise<PullRequest | undefined>
  /** Those that were merged or closed, the newest at least. */
  readonly listClosed: () => Promise<readonly Pick<MergedPull, 'id' | 'body'>[]>
  readonly pull: (id: string) => Promise<PullRequest>
}

/** Times that a pull request is asked for, when the forge says neither that it is there nor that it is not wanted. */
const maxTries = 3

/**
 * Opens a pull request, or gives the open one. What the forge answers to the opening decides nothing: it is asked afterwards what is there. F21.
 * One that was opened here may be merged by then, or closed: it is the only one with these words, and is given as it is.
 *
 * @throws the faults of a forge
 */
export async function openOrAdopt(draft: PullDraft, making: PullMaking): Promise<PullRequest & { readonly wasThere: boolean }> {
  const look = async (): Promise<PullRequest | undefined> => (await making.find()) ?? (await findClosed(draft, making))
  // of an opening before this one the answer may have been lost
  const there = await look()
  if (there !== undefined) return { ...there, wasThere: true }
  let failure: Fault | undefined
  for (let tries = 0; tries < maxTries; tries++) {
    failure = await attempt(making.create)
    const opened = await look()
    if (opened !== undefined) return { ...opened, wasThere: failure?.code === 'FORGE_REFUSED' }
    if (failure?.code === 'FORGE_REFUSED') throw failure
  }
  throw (
    failure ??
    tasksFaults.create('FORGE_FAILED', {
      message: `the forge says that it opened a pull request from ${draft.head} to ${draft.base}, and has none`,
      data: { status: 0 },
    })
  )
}

async function findClosed({ body }: PullDraft, { listClosed, pull }: PullMaking): Promise<PullRequest | undefined> {
  const ours = (await listClosed()).find((closed) => toLines(closed.body) === toLines(body))
  return ours === undefined ? undefined : pull(ours.id)
}

/** Forges may keep other ends of lines than they were given. */
function toLines(text: string): string {
  return text.replaceAll('\r\n', '\n').trim()
}

/** A failure after which nobody knows whether it is there, or that it may be there already. */
async function attempt(create: () => Promise<unknown>): Promise<Fault | undefined> {
  try {
    await create()
    return undefined
  } catch (error) {
    if (error instanceof Fault && (error.code === 'FORGE_FAILED' || error.code === 'FORGE_REFUSED')) return error
    throw error
  }
}
