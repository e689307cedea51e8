import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Candidate, Catalogue, PackageId, Requirement } from '../rules/candidates.ts'
import type { Resolution, ResolveOptions, Root } from '../rules/resolve.ts'
import { resolveSet } from '../rules/resolve.ts'

/** Versions of packages with what they need: `{ a: { '1.0.0': { c: '^1' } } }`. A need without a package of its name is unknown. */
export type Graph = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>

export const options: ResolveOptions = { kept: new Map(), released: new Set(), isolated: new Set(), maxSteps: 100_000 }
export const idOf = (name: string): PackageId => name as PackageId

export function catalogueOf(graph: Graph, yanked: readonly string[] = []): Catalogue {
  return {
    versionsOf: (id) =>
      Object.keys(graph[id] ?? {}).map((version): Candidate => {
        const isYanked = yanked.includes(`${id}@${version}`)
        return { id, version, at: 0, digest: version, yanked: isYanked ? '' : null, source: 'hive:x' }
      }),
    dependenciesOf: ({ id, version }) =>
      Object.entries(graph[id]?.[version] ?? {}).map(([name, range]): Requirement => {
        const target = Object.hasOwn(graph, name) ? idOf(name) : undefined
        return { name, range, target, rivals: name === 'rivals' ? [idOf('x/rivals'), idOf('y/rivals')] : [] }
      }),
  }
}

export function rootsOf(...words: readonly string[]): readonly Root[] {
  return words.map((word) => {
    const [name = '', range] = word.split('@')
    return { id: idOf(name), range }
  })
}

export function chosenOf(resolution: Resolution<Candidate>): Readonly<Record<string, string>> {
  assert.equal(resolution.verdict, 'resolved')
  return Object.fromEntries([...resolution.chosen].map(([id, { version }]) => [id, version]))
}

export function resolve(graph: Graph, roots: readonly Root[], more: Partial<ResolveOptions> = {}): Readonly<Record<string, string>> {
  return chosenOf(resolveSet(roots, catalogueOf(graph), { ...options, ...more }))
}

/** Versions that need nothing. */
export const versions = (...list: readonly string[]) => Object.fromEntries(list.map((version) => [version, {}]))

/** Graphs of up to 5 packages with up to 3 versions that need each other in ranges some of which are met by nothing. */
export const graphs = fc
  .array(
    fc.array(
      fc.dictionary(fc.constantFrom('p0', 'p1', 'p2', 'p3', 'p4'), fc.constantFrom('1', '2', '3', '<3', '>=2', '*'), { maxKeys: 3 }),
      { minLength: 1, maxLength: 3 },
    ),
    { minLength: 5, maxLength: 5 },
  )
  .map((packages): Graph =>
    Object.fromEntries(packages.map((list, index) => [`p${index}`, Object.fromEntries(list.map((needs, at) => [`${at + 1}.0.0`, needs]))])),
  )
export const wishes = fc.uniqueArray(fc.constantFrom('p0', 'p1', 'p2', 'p3@<3', 'p4@>=2'), { minLength: 1, maxLength: 4 })
