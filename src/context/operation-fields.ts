import type { Zod } from '../operations/define-operation.ts'

export const address = {
  type: 'text',
  help: 'ucxl://agent:role@project:task/*^/path',
  position: 0,
  max: 2_048,
  placeholder: 'ADDRESS',
} as const
export const pattern = {
  ...address,
  help: 'an address in which "any" stands for every name, and a path for all below it',
  placeholder: 'PATTERN',
} as const
export const ifMatch = {
  type: 'text',
  help: 'only when the newest version has this content',
  optional: true,
  max: 80,
  placeholder: 'CID',
} as const
export const session = {
  type: 'text',
  help: 'a navigation session, from which ~~N and ^^N count',
  optional: true,
  max: 64,
  placeholder: 'ID',
} as const
export const page = {
  limit: { type: 'integer', help: 'items at most', default: 100, min: 1, max: 1_000 },
  cursor: { type: 'text', help: 'where the page before ended', optional: true, max: 2_048 },
} as const
export const body = {
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
  for: {
    type: 'texts',
    help: 'seal it, so that only nodes of a role or an owner open it: role:NAME, @HANDLE; or everyone',
    optional: true,
    max: 32,
    placeholder: 'WHOM',
  },
  replicas: { type: 'integer', help: 'copies to wait for, this node counted', optional: true, min: 1, max: 32, placeholder: 'N' },
} as const

export const versionShape = (z: Zod) => ({
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

export const stored = (z: Zod) =>
  z.object({
    ...versionShape(z),
    status: z.enum(['created', 'updated', 'deleted', 'unchanged']),
    replicas: z.object({ wanted: z.int(), confirmed: z.int() }),
    /** Null where it is not sealed. */
    sealed: z
      .object({
        /** Nodes that can open it, this one counted. */
        recipients: z.int(),
        /** Nodes it is meant for that have no key yet. */
        unreachable: z.array(z.string()),
      })
      .nullable(),
    /** Whether this node ends with the command. */
    leaving: z.boolean(),
  })

export const listed = (z: Zod) =>
  z.object({
    items: z.array(
      z.object({
        resource: z.string(),
        first: z.int(),
        last: z.int(),
        newest: z.object(versionShape(z)),
        /** Members that have it or say that they provide it, each once. `expires` is ISO 8601 in UTC; null for what was not announced. */
        providers: z.array(z.object({ node: z.string(), by: z.enum(['here', 'signed', 'announced']), expires: z.string().nullable() })),
      }),
    ),
    cursor: z.string().nullable(),
  })

export const addressFaults = ['UCXL_INVALID'] as const
export const readFaults = [
  ...addressFaults,
  'RESOURCE_MISSING',
  'RESOURCE_DELETED',
  'TEMPORAL_OUT_OF_BOUNDS',
  'VERSION_CONTESTED',
  'SESSION_UNKNOWN',
] as const
export const writeFaults = [
  ...addressFaults,
  'ADDRESS_NOT_CONCRETE',
  'WRITER_DENIED',
  'WRITER_ELSEWHERE',
  'WRITER_BEHIND',
  'CONDITION_FAILED',
  'NODE_REVOKED',
] as const
export const bodyFaults = [
  'SEAL_FOR_NOBODY',
  'SEAL_TOO_WIDE',
  'CONTEXT_TOO_LARGE',
  'METADATA_INVALID',
  'FILE_UNREADABLE',
  'DISK_FULL',
  'QUOTA_EXCEEDED',
] as const
