import { readDependencies } from './dependencies.ts'
import type { Table } from './fields.ts'
import { readAuthors, readKeywords, readLine, readLongDescription, readVersion } from './fields.ts'
import type { ParsedManifest } from './format.ts'
import type { ManifestDraft } from './manifest.ts'
import type { TomlManifest } from './toml.ts'

/** What both formats of packs say alike: all but the name. */
export interface PackFields extends Pick<ParsedManifest, 'candidates'> {
  readonly fields: Omit<ManifestDraft, 'name'>
}

/** Reads the header of a pack, and what it depends on. @throws Fault MANIFEST_INVALID */
export function readPackFields(table: Table, { refuse, warn }: TomlManifest, dependencies: readonly unknown[]): PackFields {
  const version = readLine(table, 'version', refuse)
  if (version === undefined) throw refuse('version', 'the pack has no version', 'version = "1.0.0"')
  const { candidates, ...depends } = readDependencies(dependencies, refuse)
  const fields = {
    version: readVersion(version, refuse),
    kind: 'template',
    description: readLongDescription(table, refuse, warn),
    authors: readAuthors([table], refuse),
    licence: readLine(table, 'license', refuse) ?? null,
    category: readLine(table, 'category', refuse)?.toLowerCase() ?? null,
    keywords: readKeywords([table], refuse),
    homepage: readLine(table, 'homepage', refuse) ?? null,
    repository: readLine(table, 'repository', refuse) ?? null,
    ...depends,
    files: [],
    permissions: { tools: [], commands: [], hosts: [], paths: [] },
    entry: null,
  } as const
  return { fields, candidates }
}
