import { defineOperation } from '../../operations/define-operation.ts'

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

/** What a node can be asked about what is installed. */
export const installOperations = [install, list] as const
