import { defineOperation } from '../../operations/define-operation.ts'
import type { Zod } from '../../operations/define-operation.ts'

const name = { type: 'text', help: 'how you call it: 1 to 32 of a-z, 0-9 and hyphens', position: 0, max: 32, placeholder: 'name' } as const

const registry = (z: Zod) =>
  z.object({
    name: z.string(),
    url: z.string(),
    /** Of the hive whose packages it has; null for what nobody signed. */
    hive: z.string().nullable(),
    hiveName: z.string().nullable(),
    policy: z.enum(['closed', 'open']).nullable(),
    /** Names known of it. */
    packages: z.number(),
    /** When it last answered, our wall time in milliseconds; null when it never did. */
    answeredAt: z.number().nullable(),
    /** How long ago that was, in milliseconds. */
    ageMs: z.number().nullable(),
    /** Why it did not answer when it was last asked. */
    problem: z.string().nullable(),
    /** Signed entries it once said and says no more: they are believed all the same. */
    withheld: z.number(),
  })

const exportFolder = defineOperation({
  name: 'registry.export',
  summary: 'Write the packages of the hive as a folder of files for any web server',
  input: {
    folder: {
      type: 'text',
      help: 'an empty folder, or an export of this hive, which is brought up to date',
      position: 0,
      isPath: true,
      placeholder: 'DIR',
    },
    packages: { type: 'texts', help: 'only these names; all without any', position: 'rest', optional: true },
  },
  output: (z) =>
    z.object({
      folder: z.string(),
      packages: z.number(),
      releases: z.number(),
      /** Files that were written; what was there as it has to be was not. */
      written: z.number(),
      /** Releases whose bytes nobody here has. */
      missing: z.array(z.string()),
    }),
  faults: ['EXPORT_REFUSED', 'DISK_FULL'],
  isReadOnly: false,
  needsPeers: true,
  examples: [
    { command: 'althing registry export ./public', does: 'index, archives and proofs, to be copied to a web server' },
    { command: 'althing registry export ./public code-review', does: 'one package and what its owner said of it' },
  ],
})

const serve = defineOperation({
  name: 'registry.serve',
  summary: 'Show a registry over HTTP until it is interrupted',
  input: {
    folder: {
      type: 'text',
      help: 'an exported folder; without one, the current hive is exported first',
      position: 0,
      isPath: true,
      optional: true,
      placeholder: 'DIR',
    },
    listen: { type: 'text', help: 'address and port', default: '127.0.0.1:4802', max: 80, placeholder: 'ADDR' },
  },
  output: (z) => z.object({ url: z.string(), folder: z.string(), requests: z.number() }),
  faults: ['EXPORT_REFUSED', 'REGISTRY_INVALID', 'ADDRESS_TAKEN'],
  isReadOnly: false,
  needsPeers: false,
  examples: [
    {
      command: 'althing registry serve ./public --listen 127.0.0.1:8080',
      does: 'for this machine: `althing registry add office http://127.0.0.1:8080`',
    },
    { command: 'althing registry serve --listen 0.0.0.0:8080', does: 'the current hive, for everybody who can reach this machine' },
  ],
})

const add = defineOperation({
  name: 'registry.add',
  summary: 'Ask a static registry for packages, too',
  input: { name, url: { type: 'text', help: 'http or https, where its config.json is', position: 1, max: 400, placeholder: 'url' } },
  output: registry,
  faults: [
    'REGISTRY_NAME_INVALID',
    'REGISTRY_URL_INVALID',
    'REGISTRY_EXISTS',
    'REGISTRY_INVALID',
    'REGISTRY_UNREACHABLE',
    'REGISTRY_REFUSED',
  ],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [
    { command: 'althing registry add office https://packages.example/althing', does: 'from now on search and install ask it as well' },
  ],
})

const list = defineOperation({
  name: 'registry.list',
  summary: 'The static registries that are asked, and how they answered',
  input: {},
  output: (z) => z.object({ mode: z.enum(['p2p', 'central', 'hybrid']), registries: z.array(registry(z)) }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing registry list', does: 'names, URLs, how old what is kept is, and what they hold back' }],
})

const sync = defineOperation({
  name: 'registry.sync',
  summary: 'Bring all that registries say here, so that it is found offline',
  input: { names: { type: 'texts', help: 'only these registries; all without any', position: 'rest', optional: true, max: 16 } },
  output: (z) => z.object({ registries: z.array(registry(z)), isStale: z.boolean() }),
  faults: ['REGISTRY_UNKNOWN'],
  isReadOnly: false,
  needsPeers: false,
  failsWhen: 'isStale',
  examples: [
    { command: 'althing registry sync', does: 'asks for every file that changed, however long it takes; exit 1 when one did not answer' },
  ],
})

const remove = defineOperation({
  name: 'registry.remove',
  summary: 'Ask a registry no more, and forget what it said',
  input: { name },
  output: (z) => z.object({ name: z.string(), url: z.string() }),
  faults: ['REGISTRY_UNKNOWN'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [{ command: 'althing registry remove office', does: 'what is installed from it stays' }],
})

const importIndex = defineOperation({
  name: 'registry.import',
  summary: 'Take in an exported folder without a server, or an index of another marketplace',
  input: {
    path: {
      type: 'text',
      help: 'a folder of `registry export`, or an index.json, packages.toml or lock file of ggen',
      position: 0,
      isPath: true,
      placeholder: 'PATH',
    },
    name: { type: 'text', help: 'how you call it; after the file when not said', optional: true, max: 32, placeholder: 'NAME' },
  },
  output: (z) =>
    z.object({
      name: z.string(),
      /** `signed`: an exported folder, whose packages can be installed. `foreign`: nobody signed it; it is shown, and no more. */
      kind: z.enum(['signed', 'foreign']),
      /** Of an index of another marketplace, how it is made. */
      shape: z.string().nullable(),
      packages: z.number(),
      versions: z.number(),
      /** Lines or rows that say nothing that can be kept. */
      refused: z.number(),
      /** Archives that came with it. */
      archives: z.number(),
    }),
  faults: ['REGISTRY_INVALID', 'REGISTRY_NAME_INVALID', 'REGISTRY_EXISTS', 'DISK_FULL'],
  isReadOnly: false,
  needsPeers: false,
  examples: [
    {
      command: 'althing registry import /media/stick/public --name stick',
      does: 'packages from a disk, each checked as if it came from a peer',
    },
    {
      command: 'althing registry import ./index.json --name ggen',
      does: 'names, versions and checksums, found by search and marked as unsigned',
    },
  ],
})

/** What can be asked about static registries. */
export const registryOperations = [exportFolder, serve, add, list, sync, remove, importIndex] as const
