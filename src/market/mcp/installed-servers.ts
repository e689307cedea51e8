import { equalBytes } from '../../lib/bytes.ts'
import { encodeCanonical } from '../../lib/canonical.ts'
import { Fault } from '../../lib/fault.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { McpConfiguration } from '../manifest/mcp.ts'
import { formatMcpConfiguration } from '../manifest/mcp.ts'
import type { FoundManifest } from '../manifest/read-manifest.ts'
import { manifestFormats, readManifest } from '../manifest/read-manifest.ts'

export interface FindServers {
  readonly maxManifestBytes: number
  readonly signal: AbortSignal
}

/** A folder that holds a package, and what its release says that it is. */
export interface InstalledFolder {
  readonly path: string
  readonly manifest: Manifest
}

/**
 * The block for an agent's configuration of what lies in some folders of packages; null when none brings a server.
 *
 * Of several manifests in a folder the one counts that says what the release does, wherever it comes in the usual order: its servers are
 * in the permissions that the owner signed. Where none does (it was changed, or read by another version) there are no servers; of two
 * of one name the first stands.
 */
export async function findServers(folders: readonly InstalledFolder[], options: FindServers): Promise<McpConfiguration | null> {
  const entries = new Map<string, McpConfiguration['mcpServers'][string]>()
  for (const { path, manifest } of folders) {
    const found = await findReleased(path, manifest, options)
    const block = formatMcpConfiguration(found?.details.mcpServers ?? [], path)
    for (const [name, entry] of Object.entries(block.mcpServers)) if (!entries.has(name)) entries.set(name, entry)
  }
  return entries.size === 0 ? null : { mcpServers: Object.fromEntries(entries) }
}

/** The manifest that a release was made from; undefined when no file in the folder is. */
async function findReleased(folder: string, manifest: Manifest, options: FindServers): Promise<FoundManifest | undefined> {
  const released = essenceOf(manifest, manifest.version)
  for (const { file } of manifestFormats) {
    const found = await readManifest(folder, { ...options, file }).catch((error: unknown) => {
      if (error instanceof Fault) return undefined
      throw error
    })
    if (found !== undefined && equalBytes(essenceOf(found.draft, manifest.version), released)) return found
  }
  return undefined
}

/** All of a manifest but what publishing settles: dependencies by what the index had, and the version of what says none. */
function essenceOf(
  { version, ...manifest }: Omit<Manifest, 'version'> & { readonly version: string | undefined },
  standing: string,
): Uint8Array {
  return encodeCanonical({ ...manifest, version: version ?? standing, dependencies: [], foreign: [] })
}
