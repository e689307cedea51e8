import { defineOperation } from '../../operations/define-operation.ts'
import { changeAnswer } from './change-answer.ts'

const directory = {
  type: 'text',
  help: 'where to look for the project, upward',
  short: 'C',
  default: '.',
  isPath: true,
  placeholder: 'DIR',
} as const
const global = { type: 'flag', help: 'in the home of althing instead of the project', short: 'g' } as const
const target = {
  type: 'text',
  help: 'in this folder instead of the project',
  short: 't',
  optional: true,
  isPath: true,
  placeholder: 'DIR',
} as const
const place = { global, target, directory } as const
const dryRun = { type: 'flag', help: 'say what would be done, and do nothing' } as const
const offline = { type: 'flag', help: 'only what is on this disk; says what is missing' } as const
const accept = {
  accept: {
    type: 'texts',
    help: 'go on although this is said against it: cool-down, permissions-grown, yanked, …',
    optional: true,
    max: 16,
    placeholder: 'KIND',
  },
  reason: { type: 'text', help: 'why that is right; kept in the lock', optional: true, max: 1024, placeholder: 'TEXT' },
} as const

const changeFaults = [
  'REFERENCE_INVALID',
  'PACKAGE_UNKNOWN',
  'PACKAGE_BLOCKED',
  'PACKAGE_AMBIGUOUS',
  'VERSION_UNKNOWN',
  'DEPENDENCY_CONFLICT',
  'DEPENDENCY_UNKNOWN',
  'DEPENDENCIES_TOO_MANY',
  'OWNER_CHANGED',
  'TRUST_REFUSED',
  'CONFIRMATION_NEEDED',
  'PACKAGE_UNAVAILABLE',
  'CONTENT_UNAVAILABLE',
  'ARCHIVE_REFUSED',
  'TARGET_REFUSED',
  'TARGET_OCCUPIED',
  'DISK_FULL',
  'LOCK_INVALID',
  'STORE_CORRUPT',
] as const

const install = defineOperation({
  name: 'marketplace.install',
  summary: 'Install packages, with what they need, into a project, the home or a folder',
  input: {
    packages: {
      type: 'texts',
      help: 'NAME, @owner/NAME, or either with @RANGE or @TAG; none: what the lock says',
      position: 'rest',
      optional: true,
      max: 256,
      placeholder: 'package',
    },
    ...place,
    force: {
      type: 'flag',
      help: 'install again, exactly: what lies beside its files goes, and what was not installed by althing',
      short: 'f',
    },
    noDependencies: { type: 'flag', help: 'without what the named packages need' },
    dryRun,
    frozen: { type: 'flag', help: 'refuse when the lock would have to change' },
    offline,
    ...accept,
  },
  output: changeAnswer,
  faults: [...changeFaults, 'LOCK_OUTDATED'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  aliases: ['install', 'i'],
  examples: [
    { command: 'althing install code-review', does: 'into .althing/packages of the project; a skill also appears in .agents/skills' },
    { command: 'althing install @ada/rust-web@^1.2', does: 'the newest 1.x of one owner, from 1.2 on' },
    { command: 'althing install', does: 'exactly what althing.lock says, and nothing that is there already' },
    { command: 'althing install --frozen', does: 'the same, for a build: refuses when the lock is not complete' },
    { command: 'althing install rust-web --target ./vendor', does: 'into ./vendor/@owner/rust-web' },
  ],
})

const update = defineOperation({
  name: 'marketplace.update',
  summary: 'Bring installed packages to the newest versions that were asked for',
  input: {
    packages: { type: 'texts', help: 'installed packages; none: all', position: 'rest', optional: true, max: 256, placeholder: 'package' },
    ...place,
    check: { type: 'flag', help: 'the same as --dry-run' },
    dryRun,
    offline,
    ...accept,
  },
  output: changeAnswer,
  faults: [...changeFaults, 'PACKAGE_NOT_INSTALLED'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  aliases: ['update', 'upgrade'],
  examples: [
    { command: 'althing update', does: 'all of the project, each within the range it was installed with' },
    { command: 'althing update code-review --dry-run', does: 'says what an update of one would change' },
  ],
})

const remove = defineOperation({
  name: 'marketplace.remove',
  summary: 'Remove packages, and what nobody needs any more',
  input: {
    packages: { type: 'texts', help: 'installed packages', position: 'rest', max: 256, placeholder: 'package' },
    ...place,
    dryRun,
  },
  output: changeAnswer,
  faults: ['REFERENCE_INVALID', 'PACKAGE_NOT_INSTALLED', 'PACKAGE_AMBIGUOUS', 'PACKAGE_NEEDED', 'TARGET_REFUSED', 'LOCK_INVALID'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  aliases: ['remove', 'rm', 'uninstall'],
  examples: [
    { command: 'althing remove rust-web', does: 'its folder, its block in the lock, and dependencies that were there for it alone' },
  ],
})

const list = defineOperation({
  name: 'marketplace.list',
  summary: 'List what is installed and what was published here',
  input: {
    global: { type: 'flag', help: 'only what is in the home', short: 'g' },
    published: { type: 'flag', help: 'only what our owner published in the hive' },
    detailed: { type: 'flag', help: 'with description, size, source and who needs it', short: 'd' },
    directory,
  },
  output: (z) =>
    z.object({
      packages: z.array(
        z.object({
          where: z.enum(['project', 'global', 'published']),
          package: z.string(),
          /** The same as people here call it, by a name of their own for the owner; null when that is no other. */
          alias: z.string().nullable(),
          owner: z.string(),
          version: z.string(),
          digest: z.string(),
          /** Null for what is only published. */
          path: z.string().nullable(),
          /** `missing` when the lock names it and its folder is not there. */
          state: z.enum(['installed', 'missing', 'published']),
          /** The newest version in the index, when it is another one. */
          newer: z.string().nullable(),
          /** What was asked for; null for what only others need. */
          requested: z.string().nullable(),
          /** Packages that need it. */
          neededBy: z.array(z.string()),
          kind: z.string().nullable(),
          /** Only when details are asked for. */
          details: z
            .object({
              description: z.string().nullable(),
              size: z.number().nullable(),
              files: z.number().nullable(),
              /** `hive:<id>` or `registry:<url>`. */
              source: z.string(),
            })
            .nullable(),
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

const outdated = defineOperation({
  name: 'marketplace.outdated',
  summary: 'Say which installed packages have newer versions, and which were taken back or deprecated',
  input: { ...place },
  output: (z) =>
    z.object({
      packages: z.array(
        z.object({
          package: z.string(),
          current: z.string(),
          /** What `update` would bring: the newest in the range that was asked for. */
          wanted: z.string(),
          /** The newest there is. */
          latest: z.string(),
          /** Who released that, when it is another owner than of what is installed: the package was handed on. */
          latestOwner: z.string().nullable(),
          requested: z.string().nullable(),
          /** Why what is installed was taken back, empty when no reason was given; null when it was not. */
          yanked: z.string().nullable(),
          /** What its owner says of what is installed; null when nothing. */
          deprecated: z.string().nullable(),
        }),
      ),
      isOutdated: z.boolean(),
    }),
  faults: ['LOCK_INVALID', 'DEPENDENCY_CONFLICT', 'DEPENDENCY_UNKNOWN'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['outdated'],
  failsWhen: 'isOutdated',
  examples: [
    {
      command: 'althing outdated',
      does: 'name, current, wanted, latest, and what is said of the current one; exit 1 when there is anything',
    },
  ],
})

const why = defineOperation({
  name: 'marketplace.why',
  summary: 'Say why a package is installed',
  input: { package: { type: 'text', help: 'an installed package', position: 0, max: 256, placeholder: 'package' }, ...place },
  output: (z) =>
    z.object({
      package: z.string(),
      version: z.string(),
      /** From what was asked for to the package, shortest first; 20 at most. */
      paths: z.array(z.array(z.object({ package: z.string(), version: z.string(), range: z.string() }))),
    }),
  faults: ['REFERENCE_INVALID', 'PACKAGE_NOT_INSTALLED', 'PACKAGE_AMBIGUOUS', 'LOCK_INVALID'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['why'],
  examples: [{ command: 'althing why base', does: 'every way from what was installed by name to base' }],
})

const verify = defineOperation({
  name: 'marketplace.verify',
  summary: 'Compare every installed file with what its owner signed',
  input: { ...place, frozen: { type: 'flag', help: 'the lock must be complete too, and name all that is there' } },
  output: (z) =>
    z.object({
      packages: z.array(
        z.object({
          package: z.string(),
          version: z.string(),
          path: z.string(),
          /**
           * `changed`: a file is not as signed, or gone. `added`: all files are as signed, and there are others. `unknown`: nothing on
           * this disk, and nobody connected, to compare it with.
           */
          state: z.enum(['whole', 'changed', 'added', 'missing', 'unknown']),
          changed: z.array(z.string()),
          missing: z.array(z.string()),
          /** Files that its owner did not put there. */
          added: z.array(z.string()),
        }),
      ),
      /** Folders of packages that the lock does not name. */
      strays: z.array(z.string()),
      /** With `frozen`: what the lock lacks. */
      lacks: z.array(z.string()),
      files: z.number(),
      isBroken: z.boolean(),
    }),
  faults: ['LOCK_INVALID', 'STORE_CORRUPT'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['verify'],
  failsWhen: 'isBroken',
  examples: [{ command: 'althing verify', does: 'exit 1 when a file of a package was changed, added or is gone' }],
})

const clean = defineOperation({
  name: 'marketplace.clean',
  summary: 'Clear what interrupted installs left behind',
  input: { ...place, dryRun, force: { type: 'flag', help: 'also folders of packages that the lock does not name', short: 'f' } },
  output: (z) =>
    z.object({
      removed: z.array(z.string()),
      /** Folders of packages that the lock does not name, and that stay without `--force`. */
      strays: z.array(z.string()),
      hint: z.string().nullable(),
    }),
  faults: ['LOCK_INVALID', 'TARGET_REFUSED'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  aliases: ['clean'],
  examples: [{ command: 'althing clean', does: 'unpacked leftovers of this project; `althing store gc` frees downloads' }],
})

/** What a node can be asked about what is installed. */
export const installOperations = [install, update, remove, list, outdated, why, verify, clean] as const
