import { createHash } from 'node:crypto'
import type { ArchiveEntry, ArchiveFile } from './entry.ts'
import { packEntries } from './pack.ts'

/** A file with the digest of its bytes. */
export interface MeasuredFile extends ArchiveFile {
  /** sha2-256, 32 bytes. */
  readonly digest: Uint8Array
}

/** The archive as it is made, with what is learnt on the way; `result` may be asked after the last chunk. */
export interface MeasuredArchive {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly result: () => { readonly digest: Uint8Array; readonly size: number; readonly files: readonly MeasuredFile[] }
}

/** Packs entries, digesting each file and the whole in the same pass. */
export function measureArchive(entries: AsyncIterable<ArchiveEntry>): MeasuredArchive {
  const whole = createHash('sha256')
  const files: MeasuredFile[] = []
  let size = 0
  async function* noted(): AsyncGenerator<ArchiveEntry> {
    for await (const entry of entries) {
      const hash = createHash('sha256')
      yield { ...entry, body: tee(entry.body, (chunk) => hash.update(chunk)) }
      const { path, size: bytes, isExecutable } = entry
      files.push({ path, size: bytes, isExecutable, digest: new Uint8Array(hash.digest()) })
    }
  }
  const chunks = tee(packEntries(noted()), (chunk) => {
    whole.update(chunk)
    size += chunk.byteLength
  })
  return { chunks, result: () => ({ digest: new Uint8Array(whole.copy().digest()), size, files }) }
}

async function* tee(source: AsyncIterable<Uint8Array>, see: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    see(chunk)
    yield chunk
  }
}
