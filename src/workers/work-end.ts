/** How work on a task ended, for whoever looks for the next one. */
export type WorkEnd =
  | { readonly end: 'in-review'; readonly pull: string; readonly url: string; readonly wasThere: boolean }
  /** Its work was merged already, under `holding`: the commit that began that one. */
  | { readonly end: 'merged'; readonly url: string; readonly holding: string }
  | ({ readonly end: 'released'; readonly reason: string } & Hindered)
  | { readonly end: 'needs-human'; readonly reason: string }
  /** The claim is another node's, or its end could not be told to the forge. */
  | ({ readonly end: 'lost'; readonly reason: string } & Hindered)

interface Hindered {
  /** Why this node can work on no other task either, for now. */
  readonly hindrance?: string
  /** Of which tasks that is so: of those of the same project, else of all. */
  readonly hinders?: 'project'
}

/** The same end, of which the task is not the cause: the node leaves others alone as well, all or those of the same project. */
export function hinder(end: WorkEnd, hindrance: string, hinders: 'project' | 'node' = 'node'): WorkEnd {
  if (end.end !== 'released' && end.end !== 'lost') return end
  return { ...end, hindrance, ...(hinders === 'project' ? { hinders } : {}) }
}

/** Why a worker ends whose node goes on. */
export class WorkerEnds extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WorkerEnds'
  }
}

/** What ends, as the chain says it, by the signal that work was called off with. */
export function wordsOfEnding(ending: AbortSignal): string {
  return ending.reason instanceof WorkerEnds ? 'the worker ends' : 'the node ends'
}
