import type { Clock } from '../lib/clock.ts'
import type { BlobStore, BlobStoreOptions, RemoveOptions, StoredBlock } from './blobs.ts'
import { assertBlock } from './blobs.ts'
import { Quota } from './quota.ts'

/** Blocks in memory, for tests and for the simulator: nothing but what `BlobStore` promises, without a disk. */
export function createMemoryBlobStore(deps: { readonly clock: Clock }, options: Pick<BlobStoreOptions, 'maxDiskBytes'>): BlobStore {
  const blocks = new Map<string, { readonly bytes: Uint8Array; readonly addedAt: number }>()
  const quota = new Quota(options.maxDiskBytes, 0)
  const put: BlobStore['put'] = async (digest, bytes) => {
    assertBlock(digest, bytes)
    const name = nameOf(digest)
    if (!blocks.has(name)) quota.take(bytes.byteLength)
    blocks.set(name, { bytes: new Uint8Array(bytes), addedAt: deps.clock.now() })
  }
  return {
    put,
    putSoon: put,
    get: async (digest) => blocks.get(nameOf(digest))?.bytes.slice(),
    has: (digest) => blocks.has(nameOf(digest)),
    sizeOf: (digest) => blocks.get(nameOf(digest))?.bytes.byteLength,
    remove: async (digest, removal: RemoveOptions = {}) => {
      const found = blocks.get(nameOf(digest))
      if (found === undefined || found.addedAt >= (removal.addedBefore ?? Infinity)) return false
      quota.giveBack(found.bytes.byteLength)
      return blocks.delete(nameOf(digest))
    },
    repack: async () => false,
    list: function* (after = new Uint8Array(0)) {
      const start = nameOf(after)
      for (const name of [...blocks.keys()].toSorted()) {
        const found = blocks.get(name)
        if (found !== undefined && name > start) yield describeBlock(name, found.bytes.byteLength, found.addedAt)
      }
    },
    usage: () => ({ blocks: blocks.size, bytes: quota.used, storedBytes: quota.used, maxDiskBytes: quota.maxBytes }),
    countQuarantined: async () => 0,
    listLost: async () => [],
    [Symbol.asyncDispose]: async () => {},
  }
}

function describeBlock(name: string, size: number, addedAt: number): StoredBlock {
  return { digest: new Uint8Array(Buffer.from(name, 'hex')), size, stored: size, encoding: 'raw', addedAt }
}

function nameOf(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex')
}
