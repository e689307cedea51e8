import { defineOperation } from '../operations/define-operation.ts'
import type { Zod } from '../operations/define-operation.ts'

const publishFaults = [
  'MANIFEST_MISSING',
  'MANIFEST_INVALID',
  'SOURCE_REFUSED',
  'PACKAGE_TOO_LARGE',
  'NODE_REVOKED',
  'OWNER_UNKNOWN',
  'VERSION_EXISTS',
  'DISK_FULL',
  'QUOTA_EXCEEDED',
] as const

const publishInput = {
  path: { type: 'text', help: 'folder with a package.toml or SKILL.md', position: 0, isPath: true },
} as const

const publishOutput = (z: Zod) =>
  z.object({
    /** `unchanged` when the same bytes were published before. */
    status: z.enum(['published', 'unchanged']),
    name: z.string(),
    version: z.string(),
    owner: z.string(),
    handle: z.string().nullable(),
    /** `sha256:…` of the uncompressed archive. */
    digest: z.string(),
    cid: z.string(),
    /** Of the archive, in bytes. */
    size: z.number(),
    files: z.number(),
    /** Entries under `dependencies` that are none of ours. */
    foreign: z.number(),
    announcedTo: z.number(),
    providerRecord: z.boolean(),
    /** Members that signed for the bytes; ourselves not counted. */
    copies: z.object({ wanted: z.number(), confirmed: z.number() }),
    /** Whether this node ends with the command. */
    leaving: z.boolean(),
    hint: z.string().nullable(),
  })

const searchInput = {
  query: { type: 'texts', help: 'words to look for; none lists what is newest', position: 'rest', optional: true, max: 32 },
  kind: { type: 'text', help: 'only this kind', choices: ['template', 'skill', 'tool', 'role', 'bundle'], optional: true },
  limit: { type: 'integer', help: 'hits shown; market.searchLimit when not said', optional: true, min: 1, max: 1000, placeholder: 'N' },
} as const

const searchOutput = (z: Zod) =>
  z.object({
    query: z.string(),
    packages: z.array(
      z.object({
        package: z.string(),
        name: z.string(),
        owner: z.string(),
        handle: z.string().nullable(),
        version: z.string(),
        kind: z.string(),
        description: z.string(),
        keywords: z.array(z.string()),
        licence: z.string().nullable(),
        size: z.number(),
        files: z.number(),
        /** The author's wall time in milliseconds. */
        publishedAt: z.number(),
        /** Whether every word was found. */
        isFullMatch: z.boolean(),
        /** Connected members that hold it, ourselves counted; null while unknown. */
        providers: z.number().nullable(),
        /** When that was counted, wall time in milliseconds. */
        providersAsOf: z.number().nullable(),
        /** Whether its bytes are on this disk. */
        isHere: z.boolean(),
        /** Times this version was published again with other bytes; those do not count. */
        conflicts: z.number(),
      }),
    ),
    /** Packages in the index in all. */
    indexed: z.number(),
    /** What to do when nothing was found. */
    hint: z.string().nullable(),
  })

const publishExamples = (command: string) => [
  { command: `althing ${command} ./my-package`, does: 'signs the folder as a release, keeps it here and tells the members of the hive' },
  { command: `althing ${command} . --hive workbench --json`, does: 'publishes the current folder in a named hive, for a script' },
]

const p2pPublish = defineOperation({
  name: 'p2p.publish',
  summary: 'Publish a folder as a package',
  input: publishInput,
  output: publishOutput,
  faults: publishFaults,
  isReadOnly: false,
  needsPeers: true,
  examples: publishExamples('p2p publish'),
})

const publish = defineOperation({
  name: 'marketplace.publish',
  summary: 'Publish a folder as a package',
  input: publishInput,
  output: publishOutput,
  faults: publishFaults,
  isReadOnly: false,
  needsPeers: true,
  aliases: ['publish'],
  examples: publishExamples('publish'),
})

const p2pSearch = defineOperation({
  name: 'p2p.search',
  summary: 'Search the packages of the hive',
  input: searchInput,
  output: searchOutput,
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [
    { command: 'althing p2p search "rust web"', does: 'packages with both words first, then those with one' },
    { command: 'althing p2p search', does: 'the newest packages' },
  ],
})

const search = defineOperation({
  name: 'marketplace.search',
  summary: 'Search the packages of the hive',
  input: searchInput,
  output: searchOutput,
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['search'],
  examples: [
    { command: 'althing search review --kind skill', does: 'skills about reviews' },
    { command: 'althing search --limit 50 --json', does: 'the 50 newest packages, for a script' },
  ],
})

const install = defineOperation({
  name: 'marketplace.install',
  summary: 'Install one package into a project, the home or a folder',
  input: {
    package: { type: 'text', help: 'NAME, @owner/NAME, or either with @RANGE', position: 0, max: 256, placeholder: 'package' },
    global: { type: 'flag', help: 'into the home of althing instead of the project', short: 'g' },
    target: { type: 'text', help: 'into this folder instead of the project', short: 't', optional: true, isPath: true, placeholder: 'DIR' },
    directory: { type: 'text', help: 'where to look for the project, upward', short: 'C', default: '.', isPath: true, placeholder: 'DIR' },
    force: { type: 'flag', help: 'install again, and over what was not installed by althing', short: 'f' },
  },
  output: (z) =>
    z.object({
      status: z.enum(['installed', 'updated', 'present']),
      package: z.string(),
      name: z.string(),
      owner: z.string(),
      version: z.string(),
      previousVersion: z.string().nullable(),
      digest: z.string(),
      cid: z.string(),
      size: z.number(),
      files: z.number(),
      place: z.enum(['project', 'global', 'target']),
      path: z.string(),
      /** Where else it appears: a skill in `.agents/skills`. */
      alsoAt: z.array(z.string()),
      lock: z.string(),
      /** Who gave how many bytes; empty when all was on this disk. */
      providers: z.array(z.object({ peer: z.string(), bytes: z.number() })),
      /** Files of what is present that are not what its owner signed, or gone; 20 at most. Null: its bytes are not on this disk to compare with. */
      changed: z.array(z.string()).nullable(),
      unresolvedDependencies: z.array(z.object({ name: z.string(), range: z.string(), known: z.boolean() })),
    }),
  faults: [
    'REFERENCE_INVALID',
    'PACKAGE_UNKNOWN',
    'PACKAGE_AMBIGUOUS',
    'VERSION_UNKNOWN',
    'PACKAGE_UNAVAILABLE',
    'CONTENT_UNAVAILABLE',
    'ARCHIVE_REFUSED',
    'OWNER_CHANGED',
    'TARGET_REFUSED',
    'TARGET_OCCUPIED',
    'DISK_FULL',
    'LOCK_INVALID',
    'STORE_CORRUPT',
  ],
  isReadOnly: false,
  needsPeers: true,
  aliases: ['install', 'i'],
  examples: [
    { command: 'althing install code-review', does: 'into .althing/packages of the project; a skill also appears in .agents/skills' },
    { command: 'althing install @ada/rust-web@^1.2', does: 'the newest 1.x of one owner, from 1.2 on' },
    { command: 'althing install code-review -g', does: 'into the home, for every project' },
    { command: 'althing install rust-web --target ./vendor', does: 'into ./vendor/@owner/rust-web' },
  ],
})

const list = defineOperation({
  name: 'marketplace.list',
  summary: 'List what is installed and what was published here',
  input: {
    global: { type: 'flag', help: 'only what is in the home', short: 'g' },
    published: { type: 'flag', help: 'only what our owner published in the hive' },
    directory: { type: 'text', help: 'where to look for the project, upward', short: 'C', default: '.', isPath: true, placeholder: 'DIR' },
  },
  output: (z) =>
    z.object({
      packages: z.array(
        z.object({
          where: z.enum(['project', 'global', 'published']),
          package: z.string(),
          owner: z.string(),
          version: z.string(),
          digest: z.string(),
          /** Null for what is only published. */
          path: z.string().nullable(),
          /** `missing` when the lock names it and its folder is not there. */
          state: z.enum(['installed', 'missing', 'published']),
          /** The newest version in the index, when it is another one. */
          newer: z.string().nullable(),
        }),
      ),
      hint: z.string().nullable(),
    }),
  faults: ['LOCK_INVALID'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['list', 'ls'],
  examples: [
    { command: 'althing list', does: 'packages of this project, of the home, and our own' },
    { command: 'althing list --published', does: 'what our owner published in the current hive' },
  ],
})

const show = defineOperation({
  name: 'marketplace.info',
  summary: 'Say all about one package',
  input: { package: { type: 'text', help: 'NAME, @owner/NAME, or either with @RANGE', position: 0, max: 256, placeholder: 'package' } },
  output: (z) =>
    z.object({
      package: z.string(),
      name: z.string(),
      owner: z.string(),
      handle: z.string().nullable(),
      version: z.string(),
      /** Newest first. */
      versions: z.array(z.string()),
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
      /** The journal entry that says it, and the node that signed it. */
      release: z.object({ entry: z.string(), node: z.string() }),
      conflicts: z.number(),
      isHere: z.boolean(),
    }),
  faults: ['REFERENCE_INVALID', 'PACKAGE_UNKNOWN', 'PACKAGE_AMBIGUOUS', 'VERSION_UNKNOWN', 'STORE_CORRUPT'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['info'],
  examples: [{ command: 'althing info @ada/rust-web', does: 'versions, permissions asked, dependencies, digest' }],
})

/** What a node can be asked about packages. */
export const marketOperations = [p2pPublish, p2pSearch, publish, search, install, list, show] as const
