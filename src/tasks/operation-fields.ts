import type { Zod } from '../operations/define-operation.ts'

/** The project an operation is about. */
export const project = {
  type: 'text',
  help: 'project, by the end of its name; the only one when not said',
  optional: true,
  max: 300,
  placeholder: 'PROJECT',
} as const
/** What a folder says of the project, where none is named. */
export const near = {
  type: 'text',
  help: 'address of a repository: its project is meant when none is named; a command line says that of the folder',
  optional: true,
  max: 2_048,
  placeholder: 'URL',
  isFolderRemote: true,
} as const
/** The task an operation is about. */
export const task = { type: 'text', help: 't-0123456789ab, or shop#t-0123456789ab', position: 0, max: 400, placeholder: 'TASK' } as const
/** What any question to a git server can end with. */
export const remoteFaults = [
  'REMOTE_UNREACHABLE',
  'REMOTE_TIMEOUT',
  'REMOTE_DENIED',
  'REMOTE_MISSING',
  'REMOTE_PROTOCOL',
  'CLAIMS_DIVIDED',
] as const
/** What any question to a forge can end with. */
export const forgeFaults = [
  'FORGE_FAILED',
  'FORGE_DENIED',
  'FORGE_MISSING',
  'FORGE_REFUSED',
  'FORGE_LIMITED',
  'FORGE_INVALID',
  'FORGE_TOO_LONG',
] as const
/** What naming a task can end with. */
export const taskFaults = ['PROJECT_MISSING', 'TASK_NAME_INVALID', 'TASK_MISSING'] as const

/** A project in an answer. */
export const projectShape = (z: Zod) => z.object({ id: z.string(), url: z.string(), forge: z.string(), base: z.string() })

/** Projects that could not be looked at, and why; an answer about several tells of the others. */
export const failedShape = (z: Zod) => z.array(z.object({ project: z.string(), code: z.string(), message: z.string() }))

/** A task in an answer. */
export const taskShape = (z: Zod) => ({
  project: z.string(),
  key: z.string(),
  title: z.string(),
  labels: z.array(z.string()),
  state: z.enum(['open', 'closed']),
  type: z.string(),
  priority: z.int(),
  /** What the claim ref says: free, held, ours, ours-elsewhere, in-review, paused, done, …; `needs-human` for an open task that waits for a person. */
  claim: z.string(),
  /** Peer id of the holder; null while nobody holds it. */
  holder: z.string().nullable(),
  /** Of its last holding; 0 for a task that was never claimed. */
  epoch: z.int(),
})
