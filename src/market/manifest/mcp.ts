import { isPlainText, readBoundedText, readMap, readRows } from '../shape.ts'
import type { Refuse } from './fields.ts'
import { readLine, readLines, tableOf } from './fields.ts'
import type { Permissions } from './manifest.ts'
import { manifestLimits } from './manifest.ts'

/** A server of the Model Context Protocol that a package brings, for an agent's configuration. Never started by installing. */
export interface McpServer {
  readonly name: string
  /** A program and its arguments; `${package}` in them stands for the folder the package is installed in. Null for a server elsewhere. */
  readonly command: string | null
  readonly args: readonly string[]
  /** Where a server answers over HTTP; null for a program. */
  readonly url: string | null
  readonly env: readonly McpVariable[]
}

/** A variable of its environment; without a value, one that the user sets. */
export interface McpVariable {
  readonly name: string
  readonly value: string | null
}

/** What stands in commands and arguments for the folder of the installed package. */
export const packagePlaceholder = '${package}'

/** Servers of one package. */
export const maxMcpServers = 16
const limits = { args: 64, env: 64, line: manifestLimits.line } as const
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const variablePattern = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

/** Reads one server as a manifest says it: `command`, `args`, `env` (names, or a table of values), or `url`. @throws Fault MANIFEST_INVALID */
export function readMcpServer(name: string, value: unknown, refuse: Refuse): McpServer {
  const table = tableOf(value)
  if (!namePattern.test(name))
    throw refuse(name, `${JSON.stringify(name.slice(0, 80))} is no name of a server`, 'a name of letters, digits, ".", "_", "-"')
  const command = readLine(table, 'command', refuse)
  const url = readLine(table, 'url', refuse)
  if ((command === undefined) === (url === undefined)) {
    throw refuse(
      'command',
      `the MCP server "${name}" needs a command or a url, one of both`,
      'command = "node", args = ["${package}/server.mjs"]',
    )
  }
  if (url !== undefined && !isWebAddress(url)) throw refuse('url', `"url" is no web address`, 'url = "https://example.org/mcp"')
  return {
    name,
    command: command === undefined ? null : placePackage(command),
    args: readArguments(table.get('args'), refuse).map(placePackage),
    url: url ?? null,
    env: readVariables(table.get('env'), refuse),
  }
}

/** Reads a table of servers by name. @throws Fault MANIFEST_INVALID */
export function readMcpServers(value: unknown, refuse: Refuse): readonly McpServer[] {
  const servers = [...tableOf(value)]
  if (servers.length > maxMcpServers)
    throw refuse('mcpServers', `there are ${servers.length} servers, ${maxMcpServers} are allowed`, 'fewer')
  return servers.map(([name, server]) => readMcpServer(name, server, refuse)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Arguments keep their order and may repeat. */
function readArguments(value: unknown, refuse: Refuse): string[] {
  if (value === undefined || value === null) return []
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (items.length > limits.args) throw refuse('args', `"args" has ${items.length} rows, ${limits.args} are allowed`, 'fewer')
  return items.map((item) => {
    const text = item === '' ? '' : readBoundedText(item, limits.line)
    if (text === undefined)
      throw refuse('args', `"args" holds something that is no text of up to ${limits.line} characters`, 'args = ["…", "…"]')
    return text
  })
}

function readVariables(value: unknown, refuse: Refuse): McpVariable[] {
  const named = Array.isArray(value) || typeof value === 'string'
  const rows: readonly (readonly [string, string | null])[] = named
    ? readLines(new Map([['env', value]]), 'env', refuse, { rows: limits.env, length: 128 }).map((name) => [name, null] as const)
    : [...tableOf(value)].map(([name, text]) => [name, typeof text === 'string' && text !== '' ? text : null] as const)
  if (rows.length > limits.env) throw refuse('env', `"env" has ${rows.length} rows, ${limits.env} are allowed`, 'fewer')
  return rows.map(([name, text]) => {
    const isFine = variablePattern.test(name) && (text === null || readBoundedText(text, limits.line) !== undefined)
    if (!isFine) throw refuse('env', `${JSON.stringify(name.slice(0, 80))} is no variable`, 'env = ["API_KEY"]')
    return { name, value: text === null ? null : placePackage(text) }
  })
}

/** Claude's name for the same place. */
function placePackage(text: string): string {
  return text.replaceAll('${CLAUDE_PLUGIN_ROOT}', packagePlaceholder)
}

function isWebAddress(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
}

/**
 * What a package asks for, with what its servers need: their command lines and hosts. So a change of either is a permission that grew.
 *
 * @throws Fault MANIFEST_INVALID when that is more than a release holds
 */
export function withServers(asked: Permissions, servers: readonly McpServer[], refuse: Refuse): Permissions {
  const lines = servers.flatMap(({ command, args }) => (command === null ? [] : [[command, ...args].join(' ')]))
  const long = lines.find((line) => line.length > limits.line || !isPlainText(line))
  if (long !== undefined) {
    throw refuse(
      'args',
      `the command of an MCP server is longer than ${limits.line} characters`,
      'a script in the package that has the arguments',
    )
  }
  const commands = [...new Set([...asked.commands, ...lines])]
  const hosts = [...new Set([...asked.hosts, ...servers.flatMap(({ url }) => (url === null ? [] : [URL.parse(url)?.host ?? url]))])]
  const most = manifestLimits.permissions
  const full = commands.length > most ? 'commands' : hosts.length > most ? 'hosts' : undefined
  if (full !== undefined) throw refuse(full, `with its MCP servers the package asks for more than ${most} ${full}`, 'fewer')
  return { ...asked, commands, hosts }
}

/** Whether a package asks, in what its owner signed, for what a server needs. */
export function isAskedFor({ command, args, url }: McpServer, { commands, hosts }: Pick<Permissions, 'commands' | 'hosts'>): boolean {
  if (command !== null && !commands.includes([command, ...args].join(' '))) return false
  return url === null || hosts.includes(URL.parse(url)?.host ?? url)
}

/** Reads a server out of a list of files: exactly the shape of `McpServer`. */
export function parseMcpRecord(value: unknown): McpServer | undefined {
  const map = readMap(value, ['name', 'command', 'args', 'url', 'env'])
  const name = readBoundedText(map?.get('name'), 64)
  const command = readOptional(map?.get('command'))
  const url = readOptional(map?.get('url'))
  const args = readRows(map?.get('args'), limits.args, (item) => (item === '' ? '' : readBoundedText(item, limits.line)))
  const env = readRows(map?.get('env'), limits.env, parseVariable)
  if (
    name === undefined ||
    !namePattern.test(name) ||
    command === undefined ||
    url === undefined ||
    args === undefined ||
    env === undefined
  ) {
    return undefined
  }
  if ((command === null) === (url === null) || (url !== null && !isWebAddress(url))) return undefined
  return { name, command, args, url, env }
}

function parseVariable(value: unknown): McpVariable | undefined {
  const map = readMap(value, ['name', 'value'])
  const name = readBoundedText(map?.get('name'), 128)
  const text = readOptional(map?.get('value'))
  return name !== undefined && variablePattern.test(name) && text !== undefined ? { name, value: text } : undefined
}

function readOptional(value: unknown): string | null | undefined {
  return value === null ? null : readBoundedText(value, limits.line)
}

/** What an agent's configuration takes: `{"mcpServers": {…}}`. Variables without a value are taken from the agent's own environment. */
export interface McpConfiguration {
  mcpServers: Record<string, McpEntry>
}

export interface McpEntry {
  command?: string
  args?: string[]
  type?: 'http'
  url?: string
  env?: Record<string, string>
}

/** The block for an agent's configuration; `folder` is where the package lies, the placeholder stays without one. */
export function formatMcpConfiguration(servers: readonly McpServer[], folder?: string): McpConfiguration {
  const place = (text: string): string => (folder === undefined ? text : text.replaceAll(packagePlaceholder, () => folder))
  const entries = servers.map(({ name, command, args, url, env }): [string, McpEntry] => {
    const variables =
      env.length === 0 ? {} : { env: Object.fromEntries(env.map((item) => [item.name, place(item.value ?? `\${${item.name}}`)])) }
    if (url !== null) return [name, { type: 'http', url, ...variables }]
    return [name, { command: place(command ?? ''), args: args.map(place), ...variables }]
  })
  return { mcpServers: Object.fromEntries(entries) }
}
