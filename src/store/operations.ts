import { defineOperation } from '../operations/define-operation.ts'

/** Asks how much is stored. */
const stats = defineOperation({
  name: 'store.stats',
  summary: 'Show what is stored on this disk',
  input: {},
  output: (z) =>
    z.object({
      blocks: z.int().describe('blocks of content on disk'),
      bytes: z.int().describe('their length, plain'),
      storedBytes: z.int().describe('their length on disk'),
      savedBytes: z.int().describe('what compression saved'),
      maxDiskBytes: z.int().describe('limit of content on disk; 0 is none'),
      compressedBlocks: z.int().describe('blocks kept compressed'),
      quarantinedBlocks: z.int().describe('damaged files set aside'),
      unpackedPackages: z.int().describe('unpacked packages that projects share'),
      unpackedBytes: z.int().describe('length of their files'),
      databaseBytes: z.int().describe('length of the database'),
      schemaVersion: z.int().describe('schema of the database'),
    }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing store stats', does: 'shows blocks, their size on disk and what compression saved' }],
})

/** Compresses what lies uncompressed. */
const optimize = defineOperation({
  name: 'store.optimize',
  summary: 'Compress blocks that were stored uncompressed',
  input: {},
  output: (z) =>
    z.object({
      examinedBlocks: z.int().describe('uncompressed blocks looked at'),
      compressedBlocks: z.int().describe('blocks now compressed'),
      corruptBlocks: z.int().describe('blocks found damaged, and set aside'),
      bytesBefore: z.int().describe('length on disk of all blocks before'),
      bytesAfter: z.int().describe('length on disk of all blocks after'),
    }),
  faults: ['DISK_FULL', 'DISK_ERROR', 'STORE_FAILED'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [{ command: 'althing store optimize', does: 'compresses what gains from it; may be interrupted and goes on where it was' }],
})

/** Checks everything on disk. */
const verify = defineOperation({
  name: 'store.verify',
  summary: 'Check every block against its name, and the database',
  input: {
    repair: { type: 'flag', help: 'fetch what is damaged again from other members now, not when it is next asked for' },
  },
  output: (z) =>
    z.object({
      blocks: z.int().describe('blocks read and hashed'),
      bytes: z.int().describe('their length, plain'),
      corrupt: z.array(z.string()).describe('digests of blocks damaged or gone, now absent: fetched again when asked for'),
      database: z.array(z.string()).describe('what is wrong with the database; empty when it is sound'),
      isSound: z.boolean().describe('whether nothing was wrong'),
      repaired: z.array(z.string()).describe('CIDs of content that is whole again; empty without --repair'),
      lost: z.array(z.string()).describe('CIDs of damaged content that no member in reach could give; empty without --repair'),
    }),
  faults: ['STORE_FAILED'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [
    { command: 'althing store verify', does: 'reads and hashes all content; damaged blocks are set aside to be fetched again' },
    { command: 'althing store verify --repair', does: 'fetches them again from the members the running node is connected to' },
  ],
})

/** Removes what nothing refers to. */
const gc = defineOperation({
  name: 'store.gc',
  summary: 'Remove content that nothing refers to any more',
  input: {
    dryRun: { type: 'flag', help: 'only say what would be removed', short: 'n' },
  },
  output: (z) =>
    z.object({
      isDryRun: z.boolean().describe('whether nothing was removed'),
      removedBlocks: z.int().describe('blocks removed, or that would be'),
      removedBytes: z.int().describe('bytes on disk freed, or that would be'),
      keptBlocks: z.int().describe('blocks that something refers to'),
      youngBlocks: z.int().describe('blocks without a reference, too young to be removed'),
      removedPackages: z
        .int()
        .describe('unpacked packages removed, or that would be: no project shares their files, and none was used for content.graceMs'),
      removedPackageBytes: z.int().describe('length of their files'),
    }),
  faults: ['STORE_FAILED'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [
    { command: 'althing store gc', does: 'frees what no record, pin or transfer refers to and is older than content.graceMs' },
    { command: 'althing store gc --dry-run', does: 'says what that would free' },
  ],
})

/** Copies a home. */
const backup = defineOperation({
  name: 'backup.create',
  summary: 'Copy this home, consistently, while it runs',
  input: {
    target: { type: 'text', help: 'a folder that does not exist yet', position: 0, placeholder: 'target', isPath: true },
    keys: { type: 'flag', help: 'copy the owner and node keys too; who has them is you' },
  },
  output: (z) =>
    z.object({
      target: z.string().describe('where the backup is'),
      databaseBytes: z.int().describe('length of the database'),
      blocks: z.int().describe('blocks of content'),
      blobBytes: z.int().describe('their length on disk'),
      linkedBlocks: z.int().describe('blocks that share their disk space with this home by hard links'),
      includesKeys: z.boolean().describe('whether keys are in it'),
    }),
  faults: ['BACKUP_TARGET_EXISTS', 'DISK_FULL', 'DISK_ERROR'],
  isReadOnly: true,
  needsPeers: false,
  examples: [
    { command: 'althing backup ~/althing-backup', does: 'copies database and content; keys stay here' },
    { command: 'althing backup --keys /mnt/safe/althing', does: 'copies the keys too, to be kept as safe as they are' },
  ],
})

/** Makes a home of a backup. */
const restore = defineOperation({
  name: 'backup.restore',
  summary: 'Make a new home of a backup',
  input: {
    source: { type: 'text', help: 'a folder made by `althing backup`', position: 0, placeholder: 'source', isPath: true },
  },
  output: (z) =>
    z.object({
      home: z.string().describe('the home that now exists'),
      databaseBytes: z.int().describe('length of the database'),
      blocks: z.int().describe('blocks restored, each hashed'),
      lostBlocks: z.int().describe('blocks that were damaged or missing in the backup, to be fetched from peers'),
      includesKeys: z.boolean().describe('whether keys came with it; without them import or enroll before the next start'),
    }),
  faults: ['BACKUP_INVALID', 'BACKUP_TARGET_EXISTS', 'STORE_NEWER', 'DISK_FULL', 'DISK_ERROR'],
  isReadOnly: false,
  needsPeers: false,
  examples: [{ command: 'althing restore ~/althing-backup --home ~/restored', does: 'makes a home of the backup in an empty folder' }],
})

/** Everything the store can be asked. */
export const storeOperations = [stats, optimize, verify, gc, backup, restore] as const
