import { printable } from '../screen.ts'

/** The block of JSON for an agent's configuration, and nothing else: it is copied, or sent into a file. Undefined without one. */
export function renderMcpBlock(output: unknown): string | undefined {
  const block = readBlock(output)
  return block === undefined ? undefined : JSON.stringify(block, undefined, 2).split('\n').map(printable).join('\n')
}

/** Names of the servers in such a block of an answer. */
export function namesOfServers(output: unknown): readonly string[] {
  const servers: unknown = Reflect.get(readBlock(output) ?? {}, 'mcpServers')
  return typeof servers === 'object' && servers !== null ? Object.keys(servers).map(printable) : []
}

function readBlock(output: unknown): object | undefined {
  const block: unknown = typeof output === 'object' && output !== null ? Reflect.get(output, 'mcp') : undefined
  return typeof block === 'object' && block !== null ? block : undefined
}
