import { readLine, readName, tableOf } from './fields.ts'
import type { ManifestFormat, ParsedManifest } from './format.ts'
import { readPackFields } from './pack-fields.ts'
import type { ManifestSource } from './source.ts'
import { refuseManifest } from './source.ts'
import { keepTables, openToml } from './toml.ts'

/** `pack.toml`: a domain pack, whose heart is an ontology in Turtle. */
export const packToml: ManifestFormat = { file: 'pack.toml', parse: parsePackToml, folders: ['ontology'] }

/** Tables that are read here; all others are kept. */
const readHere = new Set(['pack', 'dependencies'])

function parsePackToml(source: ManifestSource): ParsedManifest {
  const toml = openToml(source, '[pack]')
  const { root, refuse, warn } = toml
  const table = tableOf(root.get('pack'))
  if (table.size === 0) throw refuse('pack', 'there is no [pack] table', '[pack] with name, version and description under it')
  const name = readName(readLine(table, 'name', refuse), refuse)
  if (name !== source.folder) {
    throw refuse('name', `the pack is named "${name}", its folder "${source.folder}"`, `name = "${source.folder}", or rename the folder`)
  }
  refuseWithoutOntology(source)
  const { fields, candidates } = readPackFields(table, toml, [table.get('dependencies'), root.get('dependencies')])
  return {
    draft: { name, ...fields },
    candidates,
    details: {
      compatibility: null,
      mcpServers: [],
      tables: keepTables(
        [...root].filter(([key]) => !readHere.has(key) && /^[\w.-]{1,64}$/.test(key)),
        warn,
      ),
    },
    warnings: toml.warnings(),
  }
}

function refuseWithoutOntology(source: ManifestSource): void {
  const isThere = [...source.paths].some((path) => path.endsWith('.ttl') && (!path.includes('/') || path.startsWith('ontology/')))
  if (isThere) return
  throw refuseManifest(source, {
    problem: 'a pack has an ontology, and no Turtle file is in its folder or in ontology/',
    write: `ontology/${source.folder}.ttl`,
    at: { line: 1, column: 1 },
  })
}
