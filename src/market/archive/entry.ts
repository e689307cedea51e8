/** One file of a package. Folders are not entries: they follow from paths, and empty ones are not kept. */
export interface ArchiveFile {
  /** Relative, with `/`; judged by `rules/paths.ts`. */
  readonly path: string
  readonly size: number
  /** Whether the owner may execute it: mode 755 instead of 644. */
  readonly isExecutable: boolean
}

/** A file with its bytes, to be consumed before the next is asked for. */
export interface ArchiveEntry extends ArchiveFile {
  readonly body: AsyncIterable<Uint8Array>
}

export interface ArchiveLimits {
  /** Bytes of all files together. */
  readonly maxPackageBytes: number
  readonly maxPackageFiles: number
}

/** Order of entries: by the bytes of their paths. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
