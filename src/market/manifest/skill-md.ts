import { parseDocument } from 'yaml'
import { describeError } from '../../lib/fault.ts'
import { parseVersion } from '../rules/versions.ts'
import type { ManifestDraft } from './manifest.ts'
import { manifestLimits } from './manifest.ts'
import type { Refuse, Table } from './fields.ts'
import { readDescription, readLine, readLines, readName, readVersion, tableOf } from './fields.ts'
import type { ManifestSource } from './source.ts'
import { findKey, placeOf, refuseManifest } from './source.ts'

/** Longest description of a skill, in characters. @see https://agentskills.io/specification */
const maxSkillDescription = 1_024

const exampleFrontMatter = '---, then name: and description:, then --- on lines of their own'

/** Reads the YAML front matter of an Agent Skill. Without a version in it, the version follows from the bytes. @throws Fault MANIFEST_INVALID */
export function parseSkillMd(source: ManifestSource): ManifestDraft {
  const table = parseFrontMatter(source)
  const refuse: Refuse = (key, problem, write) =>
    refuseManifest(source, { problem, write: write.replace(' = ', ': '), at: findKey(source.text, key) })
  const metadata = tableOf(table.get('metadata'))
  const name = readName(readLine(table, 'name', refuse), refuse)
  if (!/^[a-z0-9-]+$/.test(name))
    throw refuse('name', `a skill's name has only a-z, 0-9 and "-", this is "${name}"`, `name: ${name.replaceAll(/[._]/g, '-')}`)
  if (name !== source.folder)
    throw refuse('name', `the skill is named "${name}", its folder "${source.folder}"`, `name: ${source.folder}, or rename the folder`)
  const version = metadata.get('version') ?? table.get('version')
  const words = { rows: manifestLimits.keywords, length: manifestLimits.keyword }
  return {
    name,
    version: version === undefined || version === null ? undefined : readVersion(spellVersion(version), refuse),
    kind: 'skill',
    description: readDescription(table, refuse, maxSkillDescription),
    authors: readLines(metadata, 'author', refuse, { rows: manifestLimits.authors, length: manifestLimits.line }),
    licence: readLine(table, 'license', refuse) ?? null,
    category: readLine(metadata, 'category', refuse)?.toLowerCase() ?? null,
    keywords: [
      ...new Set(['keywords', 'tags'].flatMap((key) => splitWords(readLines(metadata, key, refuse, { ...words, length: 1_024 })))),
    ].slice(0, words.rows),
    homepage: readLine(metadata, 'homepage', refuse) ?? null,
    repository: readLine(metadata, 'repository', refuse) ?? null,
    dependencies: [],
    foreign: [],
    files: [],
    permissions: {
      tools: splitTools(readLines(table, 'allowed-tools', refuse, { rows: 64, length: 2_048 })),
      commands: [],
      hosts: [],
      paths: [],
    },
    entry: 'SKILL.md',
  }
}

function parseFrontMatter(source: ManifestSource): Table {
  const text = source.text.replace(/^\uFEFF/, '')
  const open = /^---[ \t]*\r?\n/.exec(text)
  const close = open === null ? null : /^---[ \t]*$/m.exec(text.slice(open[0].length).replaceAll('\r', ''))
  if (open === null || close === null) {
    throw refuseManifest(source, { problem: 'there is no front matter', write: exampleFrontMatter, at: { line: 1, column: 1 } })
  }
  const yaml = text.slice(open[0].length).replaceAll('\r', '').slice(0, close.index)
  return parseYaml(source, yaml)
}

function parseYaml(source: ManifestSource, yaml: string): Table {
  const refuse = (problem: string, offset: number, cause: unknown): Error =>
    refuseManifest(
      source,
      { problem: `this is no plain YAML (${problem})`, write: exampleFrontMatter, at: shift(placeOf(yaml, offset)) },
      cause,
    )
  try {
    const document = parseDocument(yaml, { schema: 'core', uniqueKeys: true, merge: false, prettyErrors: false, logLevel: 'silent' })
    const [error] = document.errors
    if (error !== undefined) throw refuse(error.message, error.pos[0], error)
    // Maps, so that `__proto__` is a key like any other; no aliases, so that nothing grows.
    return tableOf(document.toJS({ mapAsMap: true, maxAliasCount: 0 }))
  } catch (error) {
    if (error instanceof Error && error.name === 'Fault') throw error
    throw refuse(error instanceof RangeError ? 'nested too deep' : describeError(error), 0, error)
  }
}

/** The front matter begins on the second line. */
function shift({ line, column }: { readonly line: number; readonly column: number }): { line: number; column: number } {
  return { line: line + 1, column }
}

/** YAML reads `1.0` as a number; three parts it leaves as text. */
function spellVersion(value: unknown): string {
  const text = String(value)
  const padded = /^\d+$/.test(text) ? `${text}.0.0` : /^\d+\.\d+$/.test(text) ? `${text}.0` : text
  return parseVersion(padded) === undefined ? text : padded
}

function splitWords(texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((word) => word.trim().slice(0, manifestLimits.keyword))
    .filter((word) => word !== '')
}

/** `Read Bash(git:*)`: names apart by spaces or commas, brackets kept together. */
function splitTools(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.match(/[^\s,()]+(?:\([^)]*\))?/g) ?? []))].slice(0, manifestLimits.permissions)
}
