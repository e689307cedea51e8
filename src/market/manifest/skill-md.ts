import { parseDocument } from 'yaml'
import { describeError } from '../../lib/fault.ts'
import { parseVersion } from '../rules/versions.ts'
import { detailLimits } from './details.ts'
import type { Refuse, Table } from './fields.ts'
import { readAuthors, readDescription, readKeywords, readLine, readLines, readName, readVersion, tableOf } from './fields.ts'
import type { ManifestFormat, ParsedManifest } from './format.ts'
import { manifestLimits } from './manifest.ts'
import type { ManifestSource } from './source.ts'
import { findKey, placeOf, refuseManifest } from './source.ts'

/** Longest description of a skill, in characters. @see https://agentskills.io/specification */
const maxSkillDescription = 1_024

/** Longest front matter, in characters: readers of YAML take their time with more of what is none. */
const maxFrontMatter = 16_384

const exampleFrontMatter = '---, then name: and description:, then --- on lines of their own'

/** An Agent Skill: the YAML front matter of its `SKILL.md`. Without a version in it, the version follows from the bytes. */
export const skillMd: ManifestFormat = { file: 'SKILL.md', parse: parseSkillMd }

function parseSkillMd(source: ManifestSource): ParsedManifest {
  const table = parseFrontMatter(source)
  const refuse: Refuse = (key, problem, write) =>
    refuseManifest(source, { problem, write: write.replace(' = ', ': '), at: findKey(source.text, key) })
  const metadata = tableOf(table.get('metadata'))
  const version = metadata.get('version') ?? table.get('version')
  return {
    draft: {
      name: readSkillName(table, source, refuse),
      version: version === undefined || version === null ? undefined : readVersion(spellVersion(version), refuse),
      kind: 'skill',
      description: readDescription(table, refuse, maxSkillDescription),
      authors: readAuthors([metadata], refuse),
      licence: readLine(table, 'license', refuse) ?? null,
      category: readLine(metadata, 'category', refuse)?.toLowerCase() ?? null,
      keywords: readKeywords([metadata], refuse),
      homepage: readLine(metadata, 'homepage', refuse) ?? null,
      repository: readLine(metadata, 'repository', refuse) ?? null,
      dependencies: [],
      foreign: [],
      files: [],
      permissions: { tools: readTools(table, refuse), commands: [], hosts: [], paths: [] },
      entry: 'SKILL.md',
    },
    candidates: [],
    details: {
      compatibility: readLine(table, 'compatibility', refuse, detailLimits.compatibility) ?? null,
      mcpServers: [],
      tables: [],
    },
    warnings: [],
  }
}

/** Equal to the folder's, as the specification has it. */
function readSkillName(table: Table, source: ManifestSource, refuse: Refuse): ReturnType<typeof readName> {
  const name = readName(readLine(table, 'name', refuse), refuse)
  if (!/^[a-z0-9-]+$/.test(name))
    throw refuse('name', `a skill's name has only a-z, 0-9 and "-", this is "${name}"`, `name: ${name.replaceAll(/[._]/g, '-')}`)
  if (name !== source.folder)
    throw refuse('name', `the skill is named "${name}", its folder "${source.folder}"`, `name: ${source.folder}, or rename the folder`)
  return name
}

function parseFrontMatter(source: ManifestSource): Table {
  const text = source.text.replace(/^\uFEFF/, '')
  const open = /^---[ \t]*\r?\n/.exec(text)
  const close = open === null ? null : /^---[ \t]*$/m.exec(text.slice(open[0].length).replaceAll('\r', ''))
  if (open === null || close === null) {
    throw refuseManifest(source, { problem: 'there is no front matter', write: exampleFrontMatter, at: { line: 1, column: 1 } })
  }
  const yaml = text.slice(open[0].length).replaceAll('\r', '').slice(0, close.index)
  if (yaml.length > maxFrontMatter) {
    const problem = `the front matter has ${yaml.length} characters, ${maxFrontMatter} are allowed`
    throw refuseManifest(source, { problem, write: 'long texts below the second ---', at: { line: 1, column: 1 } })
  }
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

/** `Read Bash(git:*)`: names apart by spaces or commas, brackets kept together. */
function readTools(table: Table, refuse: Refuse): string[] {
  const texts = readLines(table, 'allowed-tools', refuse, { rows: manifestLimits.permissions, length: 2_048 })
  const tools = [...new Set(texts.flatMap(splitTools))]
  const long = tools.find((tool) => tool.length > manifestLimits.line)
  if (tools.length > manifestLimits.permissions || long !== undefined) {
    const most = `${manifestLimits.permissions} tools of up to ${manifestLimits.line} characters`
    throw refuse('allowed-tools', `"allowed-tools" holds more than ${most}`, 'allowed-tools = Read Bash(git:*)')
  }
  return tools
}

/** One pass; a bracket that is never closed ends with the text. */
function splitTools(text: string): string[] {
  const tools: string[] = []
  let [tool, isInside] = ['', false]
  for (const char of text) {
    if (isInside ? false : char === ',' || char.trim() === '') {
      tools.push(tool)
      tool = ''
      continue
    }
    if (char === '(') isInside = true
    if (char === ')') isInside = false
    tool += char
  }
  return [...tools, tool].filter((part) => part !== '')
}
