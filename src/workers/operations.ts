import { defineOperation } from '../operations/define-operation.ts'
import type { Zod } from '../operations/define-operation.ts'

const statusShape = (z: Zod) =>
  z.object({
    state: z.enum(['looking', 'working', 'paused', 'stopped']),
    tasks: z.array(z.object({ project: z.string(), key: z.string(), title: z.string(), since: z.number() })),
    ended: z.object({ inReview: z.int(), released: z.int(), needsHuman: z.int(), lost: z.int() }),
  })

const start = defineOperation({
  name: 'worker.start',
  summary: 'Look for tasks, do them and open pull requests, until interrupted',
  input: {
    role: { type: 'text', help: 'role of the agent, as it signs its work', default: 'worker', max: 32, placeholder: 'ROLE' },
    driver: { type: 'text', help: 'who works; workers.driver when not said', choices: ['model', 'command', 'acp'], optional: true },
    model: { type: 'text', help: 'ENDPOINT/MODEL; workers.model when not said', optional: true, max: 233, placeholder: 'MODEL' },
    once: { type: 'flag', help: 'one task, then end; nothing to do is exit 0' },
    for: { type: 'integer', help: 'end after so many seconds', optional: true, min: 1, max: 31_536_000, placeholder: 'SECONDS' },
  },
  output: statusShape,
  faults: ['WORKER_CONFIG_INVALID', 'SANDBOX_MISSING', 'MODEL_NAME_INVALID', 'MODELS_CONFIG_INVALID', 'WORKER_NAMELESS', 'WORKER_RUNS'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [
    { command: 'althing worker start --model ollama/qwen3-coder', does: 'works with a model of this machine' },
    { command: 'althing worker start --driver acp --once', does: 'gives one task to the agent of [workers] command' },
  ],
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
  ...simple('status', 'Show what the worker of this node does', 'shows its tasks, and how others ended'),
  name: 'worker.status',
})
const stop = defineOperation({
  ...simple('stop', 'End the worker: what is under way is pushed and given back', 'ends in good order'),
  name: 'worker.stop',
})
const pause = defineOperation({ ...simple('pause', 'Take no new task; what is under way goes on', 'waits'), name: 'worker.pause' })
const resume = defineOperation({ ...simple('resume', 'Look for tasks again', 'goes on'), name: 'worker.resume' })

/** What a node can be asked of its worker. */
export const workersOperations = [start, status, stop, pause, resume] as const
