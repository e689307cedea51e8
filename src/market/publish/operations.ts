import { defineOperation } from '../../operations/define-operation.ts'
import type { Zod } from '../../operations/define-operation.ts'

const publishFaults = [
  'MANIFEST_MISSING',
  'MANIFEST_INVALID',
  'SOURCE_REFUSED',
  'SECRETS_FOUND',
  'PACKAGE_TOO_LARGE',
  'NODE_REVOKED',
  'OWNER_UNKNOWN',
  'OWNER_UNSAID',
  'VERSION_EXISTS',
  'DISK_FULL',
  'QUOTA_EXCEEDED',
] as const

const publishOutput = (z: Zod) =>
  z.object({
    /** `unchanged` when the same bytes were published before; `planned` of a dry run, which publishes nothing. */
    status: z.enum(['published', 'unchanged', 'planned']),
    name: z.string(),
    version: z.string(),
    owner: z.string(),
    handle: z.string().nullable(),
    kind: z.string(),
    /** The file that says what the package is, relative to the folder. */
    manifest: z.string(),
    /** `sha256:…` of the uncompressed archive. */
    digest: z.string(),
    /** Null in a dry run: the archive was not made content. */
    cid: z.string().nullable(),
    /** Of the archive, in bytes. */
    size: z.number(),
    files: z.number(),
    /** Every file of the package, of a dry run; else null. */
    list: z.array(z.object({ path: z.string(), size: z.number(), isExecutable: z.boolean() })).nullable(),
    permissions: z.object({
      tools: z.array(z.string()),
      commands: z.array(z.string()),
      hosts: z.array(z.string()),
      paths: z.array(z.string()),
    }),
    dependencies: z.array(z.object({ name: z.string(), range: z.string() })),
    /** Entries under `dependencies` that are none of ours. */
    foreign: z.number(),
    /** The tag that names this version now, or would. */
    tag: z.string().nullable(),
    /** What is read differently than it may have been meant. */
    warnings: z.array(z.string()),
    announcedTo: z.number(),
    providerRecord: z.boolean(),
    /** Members that signed for the bytes; ourselves not counted. */
    copies: z.object({ wanted: z.number(), confirmed: z.number() }),
    /** Whether this node ends with the command. */
    leaving: z.boolean(),
    hint: z.string().nullable(),
  })

const p2pPublish = defineOperation({
  name: 'p2p.publish',
  summary: 'Publish a folder as a package',
  input: { path: { type: 'text', help: 'folder with a package.toml, SKILL.md or another manifest', position: 0, isPath: true } },
  output: publishOutput,
  faults: publishFaults,
  isReadOnly: false,
  needsPeers: true,
  examples: [
    { command: 'althing p2p publish ./my-package', does: 'signs the folder as a release, keeps it here and tells the members of the hive' },
    { command: 'althing p2p publish . --hive workbench --json', does: 'publishes the current folder in a named hive, for a script' },
  ],
})

const publish = defineOperation({
  name: 'marketplace.publish',
  summary: 'Publish a folder as a package',
  input: {
    path: {
      type: 'text',
      help: 'folder with a package.toml, SKILL.md or another manifest',
      position: 0,
      isPath: true,
      default: '.',
    },
    tag: { type: 'text', help: 'also let this word name the version, as in NAME@beta', max: 64, optional: true, placeholder: 'TAG' },
    dryRun: { type: 'flag', help: 'show what would be published, and publish nothing' },
    manifest: { type: 'text', help: 'read this manifest, whatever others are there', max: 64, optional: true, placeholder: 'FILE' },
    owner: { type: 'text', help: 'whose package it is, when you are its maintainer', max: 80, optional: true, placeholder: 'OWNER' },
    allowSecret: {
      type: 'texts',
      help: 'publish this file of the package although something in it looks like a secret',
      optional: true,
      max: 64,
      placeholder: 'PATH',
    },
  },
  output: publishOutput,
  faults: [...publishFaults, 'TAG_INVALID', 'NOT_OWNER', 'REFERENCE_INVALID'],
  isReadOnly: false,
  needsPeers: true,
  aliases: ['publish'],
  examples: [
    { command: 'althing publish ./my-package --dry-run', does: 'every file, its size, what it asks for; nothing is published' },
    { command: 'althing publish ./my-package', does: 'signs the folder as a release, keeps it here and tells the members of the hive' },
    { command: 'althing publish . --tag beta --json', does: 'publishes the current folder; `install NAME@beta` now means it' },
  ],
})

const init = defineOperation({
  name: 'marketplace.init',
  summary: 'Start a package: files that publish as they are',
  input: {
    path: {
      type: 'text',
      help: 'folder of the package; without one, a folder of the name, else this one',
      position: 0,
      isPath: true,
      optional: true,
    },
    kind: {
      type: 'text',
      help: 'what it is',
      choices: ['skill', 'template', 'tool', 'role', 'bundle'],
      default: 'skill',
      short: 'k',
      placeholder: 'KIND',
    },
    name: { type: 'text', help: "its name; the folder's when not said", max: 256, optional: true, placeholder: 'NAME' },
    force: { type: 'flag', help: 'write over files that are there', short: 'f' },
    directory: { type: 'text', help: 'where the folder of the name goes', short: 'C', default: '.', isPath: true, placeholder: 'DIR' },
  },
  output: (z) =>
    z.object({
      name: z.string(),
      kind: z.string(),
      path: z.string(),
      /** Written now, relative to the folder. */
      files: z.array(z.string()),
      hint: z.string(),
    }),
  faults: ['PACKAGE_NAME_INVALID', 'FILES_EXIST', 'TARGET_REFUSED'],
  isReadOnly: false,
  needsPeers: false,
  aliases: ['init'],
  examples: [
    { command: 'althing init code-review', does: 'a skill: code-review/SKILL.md' },
    { command: 'althing init my-tool --kind tool', does: 'an MCP server without dependencies, ready to publish' },
  ],
})

/** What publishing can be asked. */
export const publishOperations = [init, p2pPublish, publish] as const
