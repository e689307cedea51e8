import { createCipheriv, createDecipheriv } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { systemChance } from '../lib/chance.ts'

/** Bytes that wait in a file, of any length. */
export interface Spool {
  /** Takes all of it, once. @throws the signal's reason */
  readonly fill: (bytes: AsyncIterable<Uint8Array>, options?: { readonly signal: AbortSignal }) => Promise<void>
  /** What it was filled with. */
  readonly read: () => AsyncIterable<Uint8Array>
}

const cipher = 'aes-256-ctr'

/** A spool at a free path. Its file is nothing without the key, which only this process has: what waits there may be a secret, and a disk forgets late. */
export function createSpool(path: string): Spool {
  const [key, counter] = [systemChance.bytes(32), systemChance.bytes(16)]
  return {
    fill: async (bytes, options) => {
      const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
      await pipeline(Readable.from(bytes, { objectMode: false }), createCipheriv(cipher, key, counter), file, { ...options })
    },
    read: () => createReadStream(path).pipe(createDecipheriv(cipher, key, counter)),
  }
}
