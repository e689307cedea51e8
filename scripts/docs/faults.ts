import { globSync } from 'node:fs'
import { catalog } from '../../src/catalog.ts'
import type { FaultRow } from '../../src/lib/fault.ts'

/**
 * The page of all faults, by folder.
 *
 * @throws Error when two folders use one code, or an operation names a code that is in no table
 */
export async function writeFaults(root: string): Promise<string> {
  const folders = globSync('src/*/**/faults.ts', { cwd: root }).toSorted()
  const known = new Map<string, string>()
  const sections: string[] = []
  for (const path of folders) {
    const folder = path.split('/')[1] ?? path
    const rows = (await readTables(`${root}${path}`)).flatMap((table) => Object.entries(table))
    for (const [code] of rows) {
      const other = known.get(code)
      if (other !== undefined) throw new Error(`${code} is declared in ${other} and in ${folder}`)
      known.set(code, folder)
    }
    const lines = rows.map(([code, { kind, meaning }]) => `| \`${code}\` | ${kind} | ${meaning} |`)
    sections.push(`## ${folder}\n\n| code | kind | when |\n| --- | --- | --- |\n${lines.join('\n')}\n`)
  }
  for (const { name, faults } of catalog) {
    const unknown = faults.filter((code) => !known.has(code))
    if (unknown.length > 0) throw new Error(`${name} names faults that no table has: ${unknown.join(', ')}`)
  }
  return `# Faults

What stops a request has a code, a kind, a message for a person and data for a program. With \`--json\` it is on stderr as
\`{"error": {"code", "message", "data"}}\`; over HTTP it is the body of the answer. Programs decide by code and data, never by the message.

| kind | exit code | HTTP status |
| --- | --- | --- |
| usage | 2 | 400 |
| invalid | 1 | 400 |
| denied | 1 | 403 (401 without the token) |
| missing | 1 | 404 |
| conflict | 1 | 409 |
| unavailable | 1 (130 when interrupted) | 503 |
| timeout | 1 | 504 |

${sections.join('\n')}`
}

async function readTables(path: string): Promise<readonly Readonly<Record<string, FaultRow>>[]> {
  const exported: unknown = await import(path)
  return Object.values(exported as Readonly<Record<string, unknown>>)
    .filter(isFactory)
    .map((factory) => factory.table)
}

function isFactory(value: unknown): value is { readonly table: Readonly<Record<string, FaultRow>> } {
  return typeof value === 'object' && value !== null && 'table' in value && 'create' in value
}
