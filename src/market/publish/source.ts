import type { ArchiveFile } from '../archive/entry.ts'
import { measureArchive } from '../archive/measure.ts'
import type { MeasuredArchive } from '../archive/measure.ts'
import { readFolder } from '../archive/pack.ts'
import { walkPackage } from '../archive/walk.ts'
import type { FoundManifest } from '../manifest/read-manifest.ts'
import type { MarketOptions } from '../market.ts'

/** The files of a folder that are its package, which can be packed any number of times. */
export interface PackageSource {
  readonly folder: string
  readonly files: readonly ArchiveFile[]
  readonly open: (onBytes: (done: number) => void) => MeasuredArchive
}

export interface OpenPackageSource {
  readonly found: FoundManifest
  readonly options: MarketOptions
  readonly signal: AbortSignal
}

/** Walks a folder. @throws Fault SOURCE_REFUSED, PACKAGE_TOO_LARGE */
export async function openPackageSource(folder: string, { found, options, signal }: OpenPackageSource): Promise<PackageSource> {
  const files = await walkPackage(folder, { ...options, files: found.draft.files, manifestFile: found.source.file, signal })
  return {
    folder,
    files,
    open: (onBytes) => {
      const archive = measureArchive(readFolder(folder, files, { signal }))
      return { chunks: counted(archive.chunks, onBytes), result: archive.result }
    },
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>, onBytes: (done: number) => void): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const chunk of chunks) {
    done += chunk.byteLength
    onBytes(done)
    yield chunk
  }
}
