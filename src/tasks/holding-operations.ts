import { defineOperation } from '../operations/define-operation.ts'
import type { Zod } from '../operations/define-operation.ts'
import { failedShape, forgeFaults, near, project, remoteFaults, task, taskFaults } from './operation-fields.ts'
import { taskEvents } from './rules/task-events.ts'

const interruption = (kind: 'break' | 'pause' | 'done', summary: string, does: string) =>
  ({
    name: `task.${kind}`,
    summary,
    input: { task, project, near, reason: { type: 'text', help: 'why, for whoever reads the history', max: 300, placeholder: 'TEXT' } },
    output: (z: Zod) => z.object({ project: z.string(), key: z.string(), status: z.string(), reason: z.string() }),
    // what is closed may still be said to be over
    faults: [...taskFaults, ...remoteFaults, ...forgeFaults, 'CLAIM_LOST', ...(kind === 'done' ? [] : ['TASK_CLOSED'])],
    isReadOnly: false,
    needsHome: true,
    needsPeers: false,
    examples: [{ command: `althing task ${kind} t-0123456789ab --reason "wrong branch"`, does }],
  }) as const

/** Takes a task from whoever holds it. */
export const breakTask = defineOperation({
  ...interruption(
    'break',
    'Take a task from whoever holds it, or end a pause',
    'its holder stops at the next renewal, and others may take it',
  ),
  name: 'task.break',
})
/** Keeps a task from everybody. */
export const pauseTask = defineOperation({
  ...interruption('pause', 'Keep a task from everybody until it is broken free', 'nobody works on it'),
  name: 'task.pause',
})
/** Ends a task. */
export const doneTask = defineOperation({
  ...interruption('done', 'Say that a task is over, and close it', 'its pull request was merged, or is not wanted'),
  name: 'task.done',
})

/** Holds a task for a person. */
export const claimTask = defineOperation({
  name: 'task.claim',
  summary: 'Take a task for a person: no worker does until it is released',
  input: {
    task,
    project,
    near,
    for: {
      type: 'integer',
      help: 'give it back after 30m, 2h or 1d; a number alone is seconds',
      optional: true,
      min: 1,
      max: 31_536_000,
      isDuration: true,
      placeholder: 'TIME',
    },
  },
  output: (z) =>
    z.object({
      project: z.string(),
      /** What serves its pull requests; git: a repository that has none. */
      forge: z.string(),
      key: z.string(),
      title: z.string(),
      /** Where the work goes. */
      branch: z.string(),
      base: z.string(),
      epoch: z.int(),
      /** ISO 8601 in UTC; null when it is held until `task release`, or until the node ends. */
      until: z.string().nullable(),
    }),
  faults: [...taskFaults, ...remoteFaults, ...forgeFaults, 'CLAIM_LOST', 'CLAIM_NEEDS_NODE'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [{ command: 'althing task claim 12 --for 2h', does: 'this node holds it for you, for two hours at most' }],
})

/** Gives back what is held for a person. */
export const releaseTask = defineOperation({
  name: 'task.release',
  summary: 'Give back a task that this node holds for a person',
  input: {
    task,
    project,
    near,
    reason: { type: 'text', help: 'why, for whoever reads the history', optional: true, max: 300, placeholder: 'TEXT' },
  },
  output: (z) =>
    z.object({
      project: z.string(),
      key: z.string(),
      /** `in-review`: a pull request of its branch is open, and waits for people. */
      status: z.enum(['released', 'in-review']),
      pull: z.string().nullable(),
    }),
  faults: [...taskFaults, ...remoteFaults, ...forgeFaults, 'CLAIM_LOST'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [
    {
      command: 'althing task release 12 --reason "too much for today"',
      does: 'workers may take it; with a pull request it goes into review',
    },
  ],
})

/** Tells what happens. */
export const watchTasks = defineOperation({
  name: 'task.watch',
  summary: 'Wait for what happens with tasks',
  input: {
    project,
    near,
    after: { type: 'integer', help: 'go on behind this place, which the answer before said', optional: true, min: 0, placeholder: 'ID' },
    wait: { type: 'number', help: 'seconds to wait for the first one', default: 30, min: 0, max: 600, placeholder: 'SECONDS' },
  },
  output: (z) =>
    z.object({
      items: z.array(
        z.object({
          id: z.int(),
          /** ISO 8601 in UTC: when whoever did it signed it, by its clock; when the forge says that the task changed; else when this node saw it. */
          at: z.string(),
          event: z.enum(taskEvents),
          project: z.string(),
          key: z.string(),
          title: z.string(),
          epoch: z.int(),
          /** Who did it; null where nobody touched the claim. */
          holder: z.string().nullable(),
          reason: z.string().nullable(),
        }),
      ),
      /** To give as `after` next time, also when nothing came. */
      after: z.int(),
      /** Whether more happened since `after` than is remembered. */
      hasGap: z.boolean(),
      failed: failedShape(z),
    }),
  faults: ['PROJECT_MISSING', ...remoteFaults, ...forgeFaults],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing task watch --json', does: 'waits for the next thing that happens in any project' }],
})
