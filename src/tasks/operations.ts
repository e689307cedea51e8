import { defineOperation } from '../operations/define-operation.ts'
import { breakTask, claimTask, doneTask, pauseTask, releaseTask, watchTasks } from './holding-operations.ts'
import { hookOperation } from './hooks/hook-operation.ts'
import { failedShape, forgeFaults, near, project, projectShape, remoteFaults, task, taskFaults, taskShape } from './operation-fields.ts'

const addProject = defineOperation({
  name: 'project.add',
  summary: 'Add a repository whose tasks are worked on',
  input: {
    url: {
      type: 'text',
      help: 'of the repository: a path, ssh://user@host/path, user@host:path or https://host/path',
      position: 0,
      max: 2_048,
      placeholder: 'URL',
    },
    forge: {
      type: 'text',
      help: 'what serves its issues and pull requests; told by the host where it is known, else git: a repository and nothing more',
      choices: ['github', 'gitea', 'gitlab', 'git'],
      optional: true,
    },
    base: { type: 'text', help: 'branch that pull requests go to', default: 'main', max: 200, placeholder: 'BRANCH' },
  },
  output: projectShape,
  faults: ['PROJECT_INVALID', ...remoteFaults, 'REMOTE_UNSUPPORTED', ...forgeFaults],
  isReadOnly: false,
  needsPeers: false,
  examples: [
    { command: 'althing project add /srv/git/shop.git', does: 'a bare repository on this machine; its tasks are records of the hive' },
    { command: 'althing project add git@git.example.org:team/shop', does: 'the same over ssh' },
    { command: 'althing project add https://git.example.org/team/shop --forge gitea', does: 'its issues with the label are tasks' },
  ],
})

const listProjects = defineOperation({
  name: 'project.list',
  summary: 'List the projects of this node',
  input: {},
  output: (z) => z.object({ projects: z.array(projectShape(z)) }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing project list', does: 'shows each with where it is and what pull requests go to' }],
})

const removeProject = defineOperation({
  name: 'project.remove',
  summary: 'Forget a project; nothing of it changes elsewhere',
  input: { project: { ...project, position: 0, optional: false } },
  output: projectShape,
  faults: ['PROJECT_MISSING'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [{ command: 'althing project remove shop', does: 'this node works on it no more' }],
})

const token = defineOperation({
  name: 'project.token',
  summary: 'Keep the token for the host of a project, read from standard input or a file',
  input: {
    project: { type: 'text', help: 'a project, or the address of one', position: 0, max: 2_048, placeholder: 'PROJECT' },
    file: {
      type: 'text',
      help: 'file that holds the token; without it, standard input',
      position: 1,
      optional: true,
      isPath: true,
      readsInput: true,
    },
    remove: { type: 'flag', help: 'forget the token instead' },
  },
  output: (z) => z.object({ host: z.string(), status: z.enum(['kept', 'removed', 'missing']) }),
  faults: ['PROJECT_MISSING', 'PROJECT_INVALID', 'SECRET_INVALID', 'SECRET_UNREADABLE'],
  isReadOnly: false,
  needsPeers: false,
  examples: [
    {
      command: 'althing project token https://github.com/team/shop token.txt',
      does: 'keeps it in a file that only this user reads; it needs to read and write issues, contents and pull requests',
    },
    { command: 'althing project token shop --remove', does: 'forgets it' },
  ],
})

const forgeLog = defineOperation({
  name: 'forge.log',
  summary: 'Show what was asked of forges with the tokens of this node, newest first',
  input: { limit: { type: 'integer', help: 'requests shown', default: 50, min: 1, max: 10_000, placeholder: 'COUNT' } },
  output: (z) =>
    z.object({
      requests: z.array(
        z.object({
          at: z.string(),
          forge: z.string(),
          method: z.string(),
          /** Without its query. */
          path: z.string(),
          /** 0 when no answer came. */
          status: z.int(),
          ms: z.int(),
        }),
      ),
    }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing forge log --limit 10', does: 'the ten requests that were sent last' }],
})

const doctor = defineOperation({
  name: 'project.doctor',
  summary: 'Prove that a project’s git server keeps what claims rest on, one line each',
  input: { project: { ...project, position: 0 }, near },
  output: (z) =>
    z.object({
      project: z.string(),
      lines: z.array(z.object({ property: z.string(), isGood: z.boolean(), detail: z.string() })),
      /** How claims go: native, api, heads, api-heads; null when only one node may work on the project, or too little was answered to tell. */
      form: z.string().nullable(),
      /** `none`: no repository can be read there, nothing was learned; `some`: the server broke off. */
      answered: z.enum(['all', 'some', 'none']),
      hasFailed: z.boolean(),
    }),
  faults: ['PROJECT_MISSING'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  failsWhen: 'hasFailed',
  examples: [{ command: 'althing doctor shop', does: 'tries each on scratch refs, which it removes' }],
})

const add = defineOperation({
  name: 'task.add',
  summary: 'Add a task to a project that has no forge',
  input: {
    title: { type: 'text', help: 'one line', position: 0, max: 256, placeholder: 'TITLE' },
    text: { type: 'text', help: 'what is to be done', optional: true, max: 40_000, placeholder: 'TEXT' },
    label: { type: 'texts', help: 'labels beside that of tasks: priority-1, type-bug', optional: true, max: 30, placeholder: 'LABEL' },
    project,
    near,
  },
  output: (z) => z.object({ project: z.string(), key: z.string(), title: z.string(), labels: z.array(z.string()) }),
  faults: ['PROJECT_MISSING', 'TASK_INVALID'],
  isReadOnly: false,
  needsPeers: false,
  examples: [
    {
      command: 'althing task add "The cart forgets" --text "It should not." --label type-bug',
      does: 'every worker of the hive may take it',
    },
  ],
})

const list = defineOperation({
  name: 'task.list',
  summary: 'List tasks, and who holds them',
  input: { project, near, all: { type: 'flag', help: 'closed ones too', short: 'a' } },
  output: (z) => z.object({ tasks: z.array(z.object(taskShape(z))), failed: failedShape(z) }),
  faults: ['PROJECT_MISSING', ...remoteFaults, ...forgeFaults],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing task list', does: 'open tasks of all projects, best first' }],
})

const show = defineOperation({
  name: 'task.show',
  summary: 'Show one task, with what was said of it',
  input: { task, project, near, transcript: { type: 'flag', help: 'what the agent was told, said and did, as kept here' } },
  output: (z) =>
    z.object({
      ...taskShape(z),
      body: z.string(),
      /** Since when it stands so, by the clock of whoever moved its claim; ISO 8601 in UTC. Null where the claim does not say. */
      since: z.string().nullable(),
      branch: z.string(),
      /** What it would be called off for; null when a worker may take it. */
      whyNot: z.string().nullable(),
      pull: z.string().nullable(),
      /** Address of what was decided, readable with `context get`; null while nothing was. */
      decision: z.string().nullable(),
      transcript: z.string().nullable(),
    }),
  faults: [...taskFaults, ...remoteFaults, ...forgeFaults],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing task show t-0123456789ab', does: 'shows its text, its claim and its branch' }],
})

const next = defineOperation({
  name: 'task.next',
  summary: 'Say which task this node would take, and why the others are passed over',
  input: { project, near },
  output: (z) =>
    z.object({
      next: z
        .object({
          ...taskShape(z),
          /** Place of this node among those heard that could take it, by the hash alone: 1 tries first where there are fewer than four. */
          rank: z.int(),
          of: z.int(),
          /** Tasks of its type that this node's worker tried in the project, and those of them that are in review or merged: by that it bids. */
          likeIt: z.object({ tried: z.int(), wentWell: z.int() }),
        })
        .nullable(),
      /** Why the worker of this node takes nothing for now; null while it takes tasks, or where none runs. */
      hindrance: z.string().nullable(),
      passedOver: z.array(z.object({ project: z.string(), key: z.string(), title: z.string(), reason: z.string() })),
      failed: failedShape(z),
    }),
  faults: ['PROJECT_MISSING', ...remoteFaults, ...forgeFaults],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing task next', does: 'looks, and takes nothing' }],
})

const history = defineOperation({
  name: 'task.history',
  summary: 'Show who held a task, why it moved and what it cost',
  input: { task, project, near, renewals: { type: 'flag', help: 'every renewal, not the last of several' } },
  output: (z) =>
    z.object({
      project: z.string(),
      key: z.string(),
      links: z.array(
        z.object({
          commit: z.string(),
          /** Null for a commit that is no claim; `why` says what is wrong with it. */
          kind: z.string().nullable(),
          epoch: z.int().nullable(),
          holder: z.string().nullable(),
          reason: z.string().nullable(),
          at: z.string().nullable(),
          tokens: z.int().nullable(),
          microUsd: z.int().nullable(),
          why: z.string().nullable(),
        }),
      ),
    }),
  faults: [...taskFaults, ...remoteFaults, ...forgeFaults],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing task history t-0123456789ab', does: 'reads the chain under the claim ref' }],
})

/** What a node can be asked of projects and tasks. */
export const tasksOperations = [
  addProject,
  listProjects,
  removeProject,
  token,
  hookOperation,
  doctor,
  add,
  list,
  show,
  next,
  history,
  watchTasks,
  claimTask,
  releaseTask,
  breakTask,
  pauseTask,
  doneTask,
  forgeLog,
] as const
