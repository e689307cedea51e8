import { defineOperation } from '../operations/define-operation.ts'
import type { Zod } from '../operations/define-operation.ts'

const address = { type: 'text', help: 'ucxl://agent:role@project:task/*^/path', position: 0, max: 2_048, placeholder: 'ADDRESS' } as const
const pattern = {
  ...address,
  help: 'an address in which "any" stands for every name, and a path for all below it',
  placeholder: 'PATTERN',
} as const
const ifMatch = {
  type: 'text',
  help: 'only when the newest version has this content',
  optional: true,
  max: 80,
  placeholder: 'CID',
} as const
const session = {
  type: 'text',
  help: 'a navigation session, from which ~~N and ^^N count',
  optional: true,
  max: 64,
  placeholder: 'ID',
} as const
const page = {
  limit: { type: 'integer', help: 'items at most', default: 100, min: 1, max: 1_000 },
  cursor: { type: 'text', help: 'where the page before ended', optional: true, max: 2_048 },
} as const
const body = {
  file: { type: 'text', help: 'the content; without it, standard input', position: 1, optional: true, isPath: true, readsInput: true },
  text: { type: 'text', help: 'the content, as text', optional: true, max: 524_288, placeholder: 'TEXT' },
  type: {
    type: 'text',
    help: 'its media type; guessed by the name of the path when not said',
    optional: true,
    max: 255,
    placeholder: 'TYPE',
  },
  meta: { type: 'texts', help: 'said of this version: name=value', optional: true, max: 64, placeholder: 'NAME=VALUE' },
  replicas: { type: 'integer', help: 'copies to wait for, this node counted', optional: true, min: 1, max: 32, placeholder: 'N' },
} as const

const versionShape = (z: Zod) => ({
  resource: z.string(),
  /** Of this very version. */
  address: z.string(),
  version: z.int(),
  /** Null for a deletion. */
  cid: z.string().nullable(),
  mediaType: z.string(),
  size: z.int(),
  metadata: z.record(z.string(), z.string()),
  entry: z.string(),
  writer: z.string(),
  owner: z.string(),
  /** The writer's wall time, ISO 8601 in UTC. */
  at: z.string(),
  /** Whether another node gave the same number to something else. */
  isContested: z.boolean(),
})

const stored = (z: Zod) =>
  z.object({
    ...versionShape(z),
    status: z.enum(['created', 'updated', 'deleted', 'unchanged']),
    replicas: z.object({ wanted: z.int(), confirmed: z.int() }),
    /** Whether this node ends with the command. */
    leaving: z.boolean(),
  })

const listed = (z: Zod) =>
  z.object({
    items: z.array(z.object({ resource: z.string(), first: z.int(), last: z.int(), newest: z.object(versionShape(z)) })),
    cursor: z.string().nullable(),
  })

const addressFaults = ['UCXL_INVALID'] as const
const readFaults = [
  ...addressFaults,
  'RESOURCE_MISSING',
  'RESOURCE_DELETED',
  'TEMPORAL_OUT_OF_BOUNDS',
  'VERSION_CONTESTED',
  'SESSION_UNKNOWN',
] as const
const writeFaults = [
  ...addressFaults,
  'ADDRESS_NOT_CONCRETE',
  'WRITER_DENIED',
  'WRITER_ELSEWHERE',
  'WRITER_BEHIND',
  'CONDITION_FAILED',
  'NODE_REVOKED',
] as const
const bodyFaults = ['CONTEXT_TOO_LARGE', 'METADATA_INVALID', 'FILE_UNREADABLE', 'DISK_FULL', 'QUOTA_EXCEEDED'] as const

const put = defineOperation({
  name: 'context.put',
  summary: 'Write a version of a piece of context',
  input: { address, ...body, ifMatch, ifAbsent: { type: 'flag', help: 'only when there is nothing yet' } },
  output: stored,
  faults: [...writeFaults, ...bodyFaults],
  isReadOnly: false,
  needsPeers: true,
  examples: [
    {
      command: "althing context put 'ucxl://ada-claude:reviewer@shop:cart-42/*^/notes/why.md' why.md",
      does: 'the next version, from a file',
    },
    { command: "althing context put 'ucxl://ada-claude:dev@shop:cart-42/*^/state' --text done --type text/plain", does: 'a few words' },
  ],
})

const post = defineOperation({
  name: 'context.post',
  summary: 'Write the first version of a piece of context, or fail',
  input: { address, ...body },
  output: stored,
  faults: [...writeFaults, ...bodyFaults, 'RESOURCE_EXISTS'],
  isReadOnly: false,
  needsPeers: true,
  examples: [
    { command: "althing context post 'ucxl://ada-claude:dev@shop:cart-42/*^/plan.md' plan.md", does: 'only where nothing is yet' },
  ],
})

const get = defineOperation({
  name: 'context.get',
  summary: 'Read a piece of context as it is, or was',
  input: {
    address,
    at: { type: 'text', help: 'which version: *~3, ~~1, *~, 2026-01-31T09:30:00Z', optional: true, max: 64, placeholder: 'TEMPORAL' },
    out: {
      type: 'text',
      help: 'file to write; without it, standard output',
      short: 'o',
      optional: true,
      isPath: true,
      writesOutput: true,
      placeholder: 'FILE',
    },
    session,
  },
  output: (z) =>
    z.object({
      ...versionShape(z),
      first: z.int(),
      last: z.int(),
      /** The moment up to which the writer's journal is known here, ISO 8601 in UTC. */
      knownUntil: z.string(),
      /** Null when it went to a file, or is longer than 1 MiB. */
      content: z.string().nullable(),
      encoding: z.enum(['utf-8', 'base64']),
      /** The file that was written; null without one. */
      out: z.string().nullable(),
    }),
  faults: [...readFaults, 'CONTENT_MISSING', 'CONTENT_UNAVAILABLE', 'FILE_UNWRITABLE'],
  isReadOnly: true,
  needsPeers: true,
  examples: [
    {
      command: "althing context get 'ucxl://ada-claude:reviewer@shop:cart-42/*^/notes/why.md'",
      does: 'the newest version, as it was written',
    },
    { command: "althing context get 'ucxl://ada-claude:reviewer@shop:cart-42/~~2/notes/why.md'", does: 'what it said two versions ago' },
    {
      command: "althing context get 'ucxl://ada-claude:dev@shop:cart-42/*^/state' --at 2026-01-31T09:30:00Z --json",
      does: 'what it said then, with all that is known of it',
    },
  ],
})

const remove = defineOperation({
  name: 'context.delete',
  summary: 'Say that there is nothing any more; earlier versions stay readable',
  input: { address, ifMatch },
  output: stored,
  faults: [...writeFaults, 'RESOURCE_MISSING', 'RESOURCE_DELETED'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [{ command: "althing context delete 'ucxl://ada-claude:dev@shop:cart-42/*^/state'", does: 'a version that says so' }],
})

const versions = defineOperation({
  name: 'context.versions',
  summary: 'List the versions of a piece of context, newest first',
  input: { address, ...page },
  output: (z) => z.object({ items: z.array(z.object(versionShape(z))), cursor: z.string().nullable() }),
  faults: [...addressFaults, 'RESOURCE_MISSING', 'CURSOR_INVALID'],
  isReadOnly: true,
  needsPeers: false,
  examples: [
    { command: "althing context versions 'ucxl://ada-claude:dev@shop:cart-42/*^/plan.md'", does: 'each with its time, size and writer' },
  ],
})

const navigate = defineOperation({
  name: 'context.navigate',
  summary: 'Step through the versions of a piece of context',
  input: {
    address,
    temporal: { type: 'text', help: 'where to: ~~1, ^^1, *~3, *^, an instant', position: 1, max: 64, placeholder: 'TEMPORAL' },
    session,
  },
  output: (z) =>
    z.object({
      ...versionShape(z),
      session: z.string(),
      first: z.int(),
      last: z.int(),
      knownUntil: z.string(),
      steps: z.array(
        z.object({
          from: z.int(),
          to: z.int(),
          operation: z.string(),
          at: z.string(),
          succeeded: z.boolean(),
          error: z.enum(['notFound', 'outOfBounds']).nullable(),
        }),
      ),
    }),
  faults: readFaults,
  isReadOnly: true,
  needsPeers: false,
  examples: [
    {
      command: "althing context navigate 'ucxl://ada-claude:dev@shop:cart-42/*^/plan.md' '~~1'",
      does: 'one version back, and the session to go on in',
    },
  ],
})

const discover = defineOperation({
  name: 'context.discover',
  summary: 'List the pieces of context that a pattern means',
  input: { pattern, ...page },
  output: listed,
  faults: [...addressFaults, 'CURSOR_INVALID'],
  isReadOnly: true,
  needsPeers: false,
  examples: [
    { command: "althing context discover 'ucxl://any:any@shop:any/*^/notes'", does: 'everything below notes/ in the project shop' },
  ],
})

const query = defineOperation({
  name: 'context.query',
  summary: 'Search pieces of context by their words, metadata and age',
  input: {
    text: {
      type: 'text',
      help: 'words that content, metadata or path have, all of them',
      position: 0,
      optional: true,
      max: 1_024,
      placeholder: 'WORDS',
    },
    pattern: { type: 'text', help: 'only what this means', default: 'ucxl://any:any@any:any', max: 2_048, placeholder: 'PATTERN' },
    meta: { type: 'texts', help: 'only with this metadata: name=value', optional: true, max: 16, placeholder: 'NAME=VALUE' },
    since: { type: 'text', help: 'only what was written at or after this instant', optional: true, max: 40, placeholder: 'INSTANT' },
    ...page,
  },
  output: listed,
  faults: [...addressFaults, 'METADATA_INVALID', 'CURSOR_INVALID'],
  isReadOnly: true,
  needsPeers: false,
  examples: [
    {
      command: "althing context query 'retry budget' --pattern 'ucxl://any:any@shop:any'",
      does: 'what says both words in the project shop',
    },
  ],
})

const watch = defineOperation({
  name: 'context.watch',
  summary: 'Wait for versions that a pattern means',
  input: {
    pattern,
    after: { type: 'integer', help: 'only events behind this one, as the answer before said', optional: true, min: 0, placeholder: 'ID' },
    wait: { type: 'number', help: 'seconds to wait for the first one', default: 30, min: 0, max: 600, placeholder: 'SECONDS' },
  },
  output: (z) =>
    z.object({
      items: z.array(z.object({ id: z.int(), event: z.enum(['stored', 'deleted']), ...versionShape(z) })),
      /** To give as `after` next time; null when nothing came and nothing was given. */
      after: z.int().nullable(),
    }),
  faults: [...addressFaults, 'WATCH_LAGGED'],
  isReadOnly: true,
  needsPeers: true,
  examples: [{ command: "althing context watch 'ucxl://any:any@shop:any' --json", does: 'waits for the next version in the project shop' }],
})

const status = defineOperation({
  name: 'context.status',
  summary: 'Show how much context there is, and as whom this node writes',
  input: {},
  output: (z) =>
    z.object({
      resources: z.int(),
      versions: z.int(),
      deleted: z.int(),
      contested: z.int(),
      sessions: z.int(),
      agents: z.array(z.string()),
    }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing context status', does: 'counts of this hive, and agent names of this node' }],
})

/** What a node can be asked about context. */
export const contextOperations = [put, post, get, remove, versions, navigate, discover, query, watch, status] as const
