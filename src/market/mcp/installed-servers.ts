import { Fault } from '../../lib/fault.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { McpConfiguration } from '../manifest/mcp.ts'
import { formatMcpConfiguration } from '../manifest/mcp.ts'
import type { FoundManifest } from '../manifest/read-manifest.ts'
import { readManifest } from '../manifest/read-manifest.ts'

export interface FindServers {
  readonly maxManifestBytes: number
  readonly signal: AbortSignal
}

/** Manifests that are read at once: each waits for the disk a few times. */
const readsAtOnce = 8

/**
 * The block for an agent's configuration of what lies in some folders of packages; null when none brings a server.
 *
 * A package whose manifest is not read here (another version published it) brings none; of two servers of one name the first stands.
 */
export async function findServers(folders: readonly string[], options: FindServers): Promise<McpConfiguration | null> {
  const entries = new Map<string, McpConfiguration['mcpServers'][string]>()
  const read = (folder: string): Promise<FoundManifest | undefined> =>
    readManifest(folder, options).catch((error: unknown) => {
      if (error instanceof Fault) return undefined
      throw error
    })
  const found = await mapBounded(folders, read, { concurrency: readsAtOnce, signal: options.signal })
  for (const [index, folder] of folders.entries()) {
    const block = formatMcpConfiguration(found[index]?.details.mcpServers ?? [], folder)
    for (const [name, entry] of Object.entries(block.mcpServers)) if (!entries.has(name)) entries.set(name, entry)
  }
  return entries.size === 0 ? null : { mcpServers: Object.fromEntries(entries) }
}
