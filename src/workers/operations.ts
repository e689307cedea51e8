import { defineOperation } from '../operations/define-operation.ts'
import type { Zod } from '../operations/define-operation.ts'

const statusFields = (z: Zod) => ({
  state: z.enum(['looking', 'working', 'paused', 'stopped']),
  tasks: z.array(z.object({ project: z.string(), key: z.string(), title: z.string(), since: z.number() })),
  ended: z.object({ inReview: z.int(), released: z.int(), needsHuman: z.int(), lost: z.int() }),
  /** Why no task is taken for now, though it looks; null while they are. */
  hindrance: z.string().nullable(),
})
const statusShape = (z: Zod) => z.object(statusFields(z))

/** A worker of another node, as it said of itself within the last 90 s. */
const otherShape = (z: Zod) =>
  z.object({
    node: z.string(),
    /** `agent:role`. */
    agent: z.string(),
    projects: z.array(z.string()),
    labels: z.array(z.string()),
    /** What it works on; empty: everything. */
    types: z.array(z.string()),
    /** Where it works; empty: everywhere. */
    scopes: z.array(z.string()),
    models: z.array(z.string()),
    /** Tasks it could take now. */
    slots: z.int(),
    /** Whether its model answers questions of other agents. */
    answers: z.boolean(),
  })

/** Why a worker cannot be opened. */
const setupFaults = ['WORKER_CONFIG_INVALID', 'SANDBOX_MISSING', 'MODEL_NAME_INVALID', 'MODELS_CONFIG_INVALID'] as const
const secretFaults = ['SECRET_EXPOSED', 'SECRET_INVALID', 'SECRET_UNAVAILABLE'] as const

const start = defineOperation({
  name: 'worker.start',
  summary: 'Look for tasks, do them and open pull requests, until interrupted',
  input: {
    role: { type: 'text', help: 'role of the agent, as it signs its work', default: 'worker', max: 32, placeholder: 'ROLE' },
    driver: { type: 'text', help: 'who works; workers.driver when not said', choices: ['model', 'command', 'acp'], optional: true },
    model: { type: 'text', help: 'ENDPOINT/MODEL; workers.model when not said', optional: true, max: 233, placeholder: 'MODEL' },
    scope: {
      type: 'texts',
      help: 'folder or file it works in: of tasks that name paths, those within it',
      optional: true,
      max: 50,
      placeholder: 'PATH',
    },
    once: { type: 'flag', help: 'one task, then end; nothing to do is exit 0' },
    approve: { type: 'flag', help: 'show what would be pushed, and ask before it is', asksPerson: true },
    for: {
      type: 'integer',
      help: 'end after 30m, 2h or 1d; a number alone is seconds',
      optional: true,
      min: 1,
      max: 31_536_000,
      isDuration: true,
      placeholder: 'TIME',
    },
  },
  output: statusShape,
  faults: [...setupFaults, ...secretFaults, 'WORKER_NAMELESS', 'WORKER_RUNS'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [
    { command: 'althing worker start --model ollama/qwen3-coder', does: 'works with a model of this machine' },
    { command: 'althing worker start --once --approve', does: 'shows the change and the pull request, and asks before it pushes' },
    { command: 'althing worker start --role frontend --scope src/ui', does: 'takes what is for its role, or for none, in that folder' },
    { command: 'althing worker start --driver acp --once', does: 'gives one task to the agent of [workers] command' },
  ],
})

const approve = defineOperation({
  name: 'worker.approve',
  summary: 'Answer what a worker that was started with --approve asks',
  input: {
    question: { type: 'text', help: 'its name, as the worker reported it', position: 0, max: 64, placeholder: 'QUESTION' },
    refuse: { type: 'flag', help: 'do not push it: the task is given back' },
  },
  output: (z) => z.object({ question: z.string(), status: z.enum(['answered', 'gone']) }),
  faults: [],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [{ command: 'althing worker approve 0a1b2c3d4e5f', does: 'lets the worker push; a terminal that started it asks by itself' }],
})

const simple = (verb: 'status' | 'stop' | 'pause' | 'resume', summary: string, does: string) =>
  ({
    name: `worker.${verb}`,
    summary,
    input: {},
    output: statusShape,
    faults: [],
    isReadOnly: verb === 'status',
    needsHome: true,
    needsPeers: false,
    examples: [{ command: `althing worker ${verb}`, does }],
  }) as const

const status = defineOperation({
  ...simple(
    'status',
    'Show what the worker of this node does, and who else works',
    'shows its tasks, how others ended, and workers of other nodes',
  ),
  name: 'worker.status',
  output: (z) => z.object({ ...statusFields(z), others: z.array(otherShape(z)) }),
})
const stop = defineOperation({
  ...simple('stop', 'End the worker: what is under way is pushed and given back', 'ends in good order'),
  name: 'worker.stop',
  /** `wasRunning`: whether there was one to end. */
  output: (z) => z.object({ ...statusFields(z), wasRunning: z.boolean() }),
})
const pause = defineOperation({ ...simple('pause', 'Take no new task; what is under way goes on', 'waits'), name: 'worker.pause' })
const resume = defineOperation({ ...simple('resume', 'Look for tasks again', 'goes on'), name: 'worker.resume' })

/** What a node can be asked of its worker. */
export const workersOperations = [start, approve, status, stop, pause, resume] as const
