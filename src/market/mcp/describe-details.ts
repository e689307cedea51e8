import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { marketFaults } from '../faults.ts'
import { findPlace } from '../install/place.ts'
import type { McpConfiguration } from '../manifest/mcp.ts'
import { formatMcpConfiguration, isAskedFor } from '../manifest/mcp.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { spellPackage } from '../spell.ts'
import { findDetails } from './find-details.ts'

/** What a package says beside the fields of every format. */
export interface DescribedDetails {
  details: { compatibility: string | null; tables: { name: string; json: string }[] } | null
  mcp: McpConfiguration | null
}

export interface DescribeDetails {
  readonly hive: MarketHive
  readonly release: IndexedRelease
  readonly input: { readonly mcp: boolean; readonly directory: string }
  readonly signal: AbortSignal
}

/** Only who asks for the block waits for members to give the list. @throws Fault NO_MCP_SERVERS when it was asked for and there is none */
export async function describeDetails(
  deps: MarketDeps & { readonly options: MarketOptions },
  { hive, release, input, signal }: DescribeDetails,
): Promise<DescribedDetails> {
  const details = await findDetails(deps, { hive, release, signal, mayFetch: input.mcp })
  // the list of files is its author's too, but people were asked about what is signed as a permission
  const servers = (details?.mcpServers ?? []).filter((server) => isAskedFor(server, release.manifest.permissions))
  if (input.mcp && servers.length === 0) throw refuse(spellPackage(hive, release), details !== undefined)
  const folder = servers.length === 0 ? undefined : await findFolder(deps, spellPackage(hive, release), input.directory)
  return {
    details: details === undefined ? null : { compatibility: details.compatibility, tables: details.tables.map((table) => ({ ...table })) },
    mcp: servers.length === 0 ? null : formatMcpConfiguration(servers, folder),
  }
}

/** Where the package lies: in the project, else in the home, else where the project would have it. */
async function findFolder({ globalDirectory }: MarketDeps, spelled: string, directory: string): Promise<string> {
  const project = await findPlace({ directory, isGlobal: false, target: undefined, globalDirectory })
  const home = await findPlace({ directory, isGlobal: true, target: undefined, globalDirectory })
  for (const { packages } of [project, home]) {
    const folder = join(packages, spelled)
    if ((await lstat(folder).catch(() => undefined))?.isDirectory() === true) return folder
  }
  return join(project.packages, spelled)
}

function refuse(spelled: string, isKnown: boolean): Error {
  const message = isKnown
    ? `${spelled} brings no MCP server, so there is nothing for an agent's configuration. \`althing info ${spelled}\` says what it is.`
    : `nobody here has the list that says which MCP servers ${spelled} brings. Start the node (\`althing p2p start\`) so that members can be asked, or install the package.`
  return marketFaults.create('NO_MCP_SERVERS', { message, data: { package: spelled } })
}
