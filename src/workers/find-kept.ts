import type { ContextStore, Version } from '../context/context.ts'
import { Fault } from '../lib/fault.ts'
import type { Task } from '../tasks/task.ts'
import { parseAddress, parsePattern } from '../ucxl/ucxl.ts'
import { decisionPath, projectName, transcriptPath } from './keep-record.ts'

/** What is kept of a task's newest run, whoever made it. */
export interface KeptWork {
  /** Address of the newest decision, at its version; undefined when there is none. */
  readonly decision: string | undefined
  readonly transcript:
    | {
        readonly address: string
        /** Undefined when nobody in reach has it, or it is longer than is shown. */
        readonly read: (options: { readonly signal: AbortSignal }) => Promise<string | undefined>
      }
    | undefined
}

export interface KeptOptions {
  /** Longest transcript that is read, in bytes. */
  readonly maxBytes: number
}

/** Writers of one task that are looked at. */
const maxWriters = 200

/** Finds what agents of the hive kept of a task, by the journals that are here. */
export function findKept(
  context: Pick<ContextStore, 'discover' | 'get'>,
  task: Pick<Task, 'project' | 'key'>,
  options: KeptOptions,
): KeptWork {
  const newest = (path: string): Version | undefined => {
    const pattern = parsePattern(`ucxl://any:any@${projectName(task)}:${task.key}/*^/${path}`)
    // a pattern means everything below its path as well
    const found = context.discover(pattern, { limit: maxWriters }).items.filter(({ resource }) => resource.endsWith(`:${task.key}/${path}`))
    return found.map((each) => each.newest).toSorted((a, b) => b.at - a.at)[0]
  }
  const transcript = newest(transcriptPath)
  return {
    decision: newest(decisionPath)?.address,
    transcript: transcript && {
      address: transcript.address,
      read: (waiting) => readText(context, transcript.address, { ...options, ...waiting }),
    },
  }
}

async function readText(
  context: Pick<ContextStore, 'get'>,
  address: string,
  options: KeptOptions & { readonly signal: AbortSignal },
): Promise<string | undefined> {
  try {
    const version = await context.get(parseAddress(address), options)
    if (version.size > options.maxBytes) return undefined
    return Buffer.concat(await Array.fromAsync(version.open())).toString('utf8')
  } catch (error) {
    if (error instanceof Fault && (error.kind === 'missing' || error.kind === 'unavailable')) return undefined
    throw error
  }
}
