import { defineOperation } from '../../operations/define-operation.ts'
import { mcpBlock } from '../mcp/mcp-block.ts'

const packageInput = {
  type: 'text',
  help: 'NAME, @owner/NAME, or either with @RANGE',
  position: 0,
  max: 256,
  placeholder: 'package',
} as const

const showFaults = [
  'REFERENCE_INVALID',
  'PACKAGE_UNKNOWN',
  'PACKAGE_BLOCKED',
  'PACKAGE_AMBIGUOUS',
  'VERSION_UNKNOWN',
  'STORE_CORRUPT',
] as const

const info = defineOperation({
  name: 'marketplace.info',
  summary: 'Say all about one package',
  input: {
    package: packageInput,
    mcp: { type: 'flag', help: "only print the block of JSON that goes into an agent's configuration, for a package with MCP servers" },
    directory: {
      type: 'text',
      help: 'where to look for the project in which it is installed, upward',
      short: 'C',
      default: '.',
      isPath: true,
      placeholder: 'DIR',
    },
  },
  output: (z) =>
    z.object({
      /** `mcp` when only the block was asked for; all is said in both cases. */
      asked: z.enum(['all', 'mcp']),
      package: z.string(),
      /** Who says so: `hive:<id>` or `registry:<url>`. */
      source: z.string(),
      name: z.string(),
      owner: z.string(),
      handle: z.string().nullable(),
      version: z.string(),
      /** Newest first, yanked ones too. */
      versions: z.array(z.string()),
      /** Those of them that were taken back. */
      yankedVersions: z.array(z.string()),
      tags: z.array(z.object({ tag: z.string(), version: z.string() })),
      kind: z.string(),
      description: z.string(),
      authors: z.array(z.string()),
      licence: z.string().nullable(),
      category: z.string().nullable(),
      keywords: z.array(z.string()),
      homepage: z.string().nullable(),
      repository: z.string().nullable(),
      dependencies: z.array(z.object({ name: z.string(), range: z.string() })),
      foreign: z.array(z.object({ name: z.string(), value: z.string() })),
      /** Those of them that are written as packages of ours are, and were none here when it was published. */
      unmet: z.array(z.object({ name: z.string(), range: z.string() })),
      permissions: z.object({
        tools: z.array(z.string()),
        commands: z.array(z.string()),
        hosts: z.array(z.string()),
        paths: z.array(z.string()),
      }),
      entry: z.string().nullable(),
      digest: z.string(),
      cid: z.string(),
      size: z.number(),
      files: z.number(),
      publishedAt: z.number(),
      /** The journal entry that says it, the node that signed it, and the owner of that node when it is another: a maintainer. */
      release: z.object({ entry: z.string(), node: z.string(), maintainer: z.string().nullable() }),
      conflicts: z.number(),
      isHere: z.boolean(),
      trust: z.object({
        /** When this node first saw the version count, our wall time in milliseconds. */
        firstSeenAt: z.number(),
        /** The reason, empty when none was given; null when it was not yanked. */
        yanked: z.string().nullable(),
        deprecated: z.string().nullable(),
        /** Owners, as people write them, who may release it beside its own. */
        maintainers: z.array(z.string()),
        /** To whom it was handed on, in order. */
        transferredTo: z.array(z.string()),
        /** Who handed a package of this name on to its owner. */
        receivedFrom: z.array(z.string()),
        /** What installing it here would be told. */
        issues: z.array(z.object({ kind: z.string(), severity: z.string(), message: z.string() })),
      }),
      /** What its manifest says beside; null while nobody here has its list of files. */
      details: z
        .object({ compatibility: z.string().nullable(), tables: z.array(z.object({ name: z.string(), json: z.string() })) })
        .nullable(),
      /** The block for an agent's configuration; null for a package without MCP servers, and while `details` is. */
      mcp: mcpBlock(z),
    }),
  faults: [...showFaults, 'NO_MCP_SERVERS'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['info', 'view'],
  examples: [
    {
      command: 'althing info @ada/rust-web',
      does: 'versions, permissions asked, dependencies, digest, and what speaks for and against it',
    },
    { command: 'althing info my-tool --mcp', does: "what to paste into an agent's configuration" },
  ],
})

const versions = defineOperation({
  name: 'marketplace.versions',
  summary: 'List the versions of a package, newest first',
  input: { package: { ...packageInput, help: 'NAME or @owner/NAME; with @RANGE only those in it' } },
  output: (z) =>
    z.object({
      package: z.string(),
      versions: z.array(
        z.object({
          version: z.string(),
          tags: z.array(z.string()),
          /** The author's wall time in milliseconds, and when this node first saw it count. */
          publishedAt: z.number(),
          firstSeenAt: z.number(),
          /** Of the archive, in bytes. */
          size: z.number(),
          yanked: z.string().nullable(),
          deprecated: z.string().nullable(),
          /** Who released it when that was not the owner. */
          maintainer: z.string().nullable(),
          isHere: z.boolean(),
        }),
      ),
    }),
  faults: ['REFERENCE_INVALID', 'PACKAGE_UNKNOWN', 'PACKAGE_BLOCKED', 'PACKAGE_AMBIGUOUS', 'VERSION_UNKNOWN'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['versions'],
  examples: [
    { command: 'althing versions @ada/rust-web', does: 'with tags, sizes, what was yanked and what is deprecated' },
    { command: 'althing versions rust-web@^1 --json', does: 'only 1.x, for a script' },
  ],
})

const audit = defineOperation({
  name: 'marketplace.audit',
  summary: 'Look at everything that is installed, with what is known now',
  input: {
    global: { type: 'flag', help: 'what is in the home instead of the project', short: 'g' },
    target: { type: 'text', help: 'what is in this folder instead', short: 't', optional: true, isPath: true, placeholder: 'DIR' },
    directory: { type: 'text', help: 'where to look for the project, upward', short: 'C', default: '.', isPath: true, placeholder: 'DIR' },
  },
  output: (z) =>
    z.object({
      lock: z.string(),
      /** Packages that were looked at. */
      audited: z.number(),
      findings: z.array(
        z.object({
          package: z.string(),
          /** The same as people here call it, by a name of their own for the owner; null when that is no other. */
          alias: z.string().nullable(),
          version: z.string(),
          /** As before an install, or `transferred`, `unknown`, `changed`, `missing`. */
          kind: z.string(),
          message: z.string(),
        }),
      ),
      /** What was accepted, when, by whom and why; it is no finding any more. */
      accepted: z.array(
        z.object({
          package: z.string(),
          version: z.string(),
          kind: z.string(),
          reason: z.string(),
          by: z.string().nullable(),
          at: z.string(),
        }),
      ),
      hasFindings: z.boolean(),
    }),
  faults: ['LOCK_INVALID'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['audit'],
  failsWhen: 'hasFindings',
  examples: [{ command: 'althing audit', does: 'what was yanked, deprecated, handed on or changed since; exit 1 when there is something' }],
})

/** What can be asked about a package and who stands behind it. */
export const showOperations = [info, versions, audit] as const
