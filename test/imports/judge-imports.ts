import { globSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { readImports } from './read-imports.ts'
import type { Tables } from './tables.ts'

/** What was found in a tree. */
export interface Judgement {
  readonly files: number
  /** One line each: who imports what against which row. */
  readonly violations: readonly string[]
}

/** Holds every file of `root` (a `src/`) to the tables. Tests may import what they like, but are no part of a cycle either. */
export function judgeImports(root: string, tables: Tables): Judgement {
  const paths = globSync('**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'))
  const graph = new Map(paths.map((path) => [path, readImports(join(root, path))]))
  const edges = new Map<string, readonly string[]>()
  const violations: string[] = []
  for (const [path, { modules, readsEnvironment }] of graph) {
    const inside = modules.filter((name) => name.startsWith('.')).map((name) => relative(root, join(root, dirname(path), name)))
    const outside = [...modules.filter((name) => !name.startsWith('.')), ...(readsEnvironment ? ['process.env'] : [])]
    edges.set(
      path,
      inside.filter((target) => graph.has(target)),
    )
    violations.push(...inside.flatMap((target) => judgeInside({ path, target, tables })))
    violations.push(...outside.flatMap((name) => judgeOutside({ path, name, tables })))
  }
  return { files: paths.length, violations: [...violations, ...findCycles(edges)] }
}

interface Step {
  readonly path: string
  readonly target: string
  readonly tables: Tables
}

function judgeInside({ path, target, tables }: Step): readonly string[] {
  if (target === '../package.json') return houseOf(path) === 'config' ? [] : [`${path} imports package.json; config/version.ts does that`]
  if (target.startsWith('..')) return [`${path} imports ${target}, which is outside of src`]
  if (!target.endsWith('.ts')) return [`${path} imports ${target}: imports name their file`]
  const house = houseOf(path)
  const row = tables.imports.find((candidate) => candidate.house === house)
  if (row === undefined) return [`${path} is in ${house}, which has no row in the table`]
  if (row.mayImport === 'everything' || houseOf(target) === house) return []
  return row.mayImport.includes(houseOf(target)) || row.mayImport.includes(target) ? [] : [`${path} imports ${target}; ${house} may not`]
}

function judgeOutside({
  path,
  name,
  tables,
}: {
  readonly path: string
  readonly name: string
  readonly tables: Tables
}): readonly string[] {
  const rows = tables.sdks.filter((row) => matches(row.name, name))
  return rows.every((row) => row.onlyIn.split(',').some((place) => matches(place.trim(), path)))
    ? []
    : [`${path} names ${name}, which belongs in ${rows.map((row) => row.onlyIn).join(', ')}`]
}

/** A folder, or a file that lies in `src` itself. */
function houseOf(path: string): string {
  return path.split('/', 1)[0] ?? path
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`).test(text)
}

/** Every cycle once, as the files it goes through. Type imports count: they too must be understood in a circle. */
function findCycles(edges: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      cycles.push(`cycle: ${[...trail.slice(start), path].join(' → ')}`)
      return
    }
    if (done.has(path)) return
    for (const target of edges.get(path) ?? []) walk(target, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) walk(path, [])
  return cycles
}
