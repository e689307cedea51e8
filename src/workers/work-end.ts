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
}

/** The same end, of which this node itself is the cause: it leaves other tasks alone as well. */
export function hinder(end: WorkEnd, hindrance: string): WorkEnd {
  return end.end === 'released' || end.end === 'lost' ? { ...end, hindrance } : end
}

/** Whether the operating system refused something: a disk that is full, a program that is not there. @see https://nodejs.org/api/errors.html#class-systemerror */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
