import { defineOperation } from '../operations/define-operation.ts'
import {
  address,
  pattern,
  ifMatch,
  session,
  page,
  body,
  versionShape,
  stored,
  listed,
  addressFaults,
  readFaults,
  writeFaults,
  bodyFaults,
} from './operation-fields.ts'
import { reseal, rekey } from './seal-operations.ts'
import { announce, status, watch } from './telling-operations.ts'

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
    {
      command: "althing context put 'ucxl://ada-claude:dev@shop:cart-42/*^/access.md' access.md --for role:backend --for @bob",
      does: 'sealed: only nodes of backends, of bob and this one can read it',
    },
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
  faults: [...readFaults, 'SIZE_DIFFERS', 'CONTEXT_SEALED', 'SEAL_DAMAGED', 'CONTENT_MISSING', 'CONTENT_UNAVAILABLE', 'FILE_UNWRITABLE'],
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

/** What a node can be asked about context. */
export const contextOperations = [
  put,
  post,
  get,
  remove,
  versions,
  navigate,
  discover,
  query,
  announce,
  watch,
  status,
  reseal,
  rekey,
] as const
