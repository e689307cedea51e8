import type { ManifestDetails } from './details.ts'
import type { Dependency, ManifestDraft } from './manifest.ts'
import type { ManifestSource } from './source.ts'

/** One way to say what a package is. */
export interface ManifestFormat {
  /** By which it is recognised, relative to the package. */
  readonly file: string
  /** @throws Fault MANIFEST_INVALID with line and column */
  readonly parse: (source: ManifestSource) => ParsedManifest
  /** Whether a file of this name says that it is one of ours; without it, every file does. Not asked when it was named by the caller. */
  readonly isMeant?: (text: string) => boolean
  /** Folders whose names it looks at beside the package's own. */
  readonly folders?: readonly string[]
  /** Other files it reads, where they are there. */
  readonly companions?: readonly string[]
}

/** What a format makes of its file. */
export interface ParsedManifest {
  readonly draft: ManifestDraft
  /** Entries of a table `dependencies` with a bare name and a range: ours when the index knows the name, else foreign. */
  readonly candidates: readonly Dependency[]
  readonly details: ManifestDetails
  /** What is read differently than it may have been meant; each with its place. */
  readonly warnings: readonly string[]
}
