import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import semver from 'semver'
import type { OwnerId } from '../../identity/keys.ts'
import type { Graph } from '../testing/graphs.ts'
import { catalogueOf, chosenOf, graphs, idOf, options, resolve, rootsOf, versions, wishes } from '../testing/graphs.ts'
import type { Catalogue } from './candidates.ts'
import { chooseOwner, packageId } from './candidates.ts'
import { findConflict } from './conflict.ts'
import type { Root } from './resolve.ts'
import { resolveSet } from './resolve.ts'

test('the highest version in every range is chosen, with what it needs', () => {
  const graph = { a: { '1.0.0': {}, '1.1.0': { b: '^1' }, '2.0.0': {} }, b: versions('1.0.0', '1.9.0', '2.0.0') }
  assert.deepEqual(resolve(graph, rootsOf('a@^1')), { a: '1.1.0', b: '1.9.0' })
})

test('where the newest versions do not go together, an older one is found that does', () => {
  const graph = {
    a: { '1.0.0': { c: '^1' }, '2.0.0': { c: '^2' } },
    b: { '1.0.0': { c: '^1' } },
    c: versions('1.0.0', '1.5.0', '2.0.0'),
  }
  assert.deepEqual(resolve(graph, rootsOf('a', 'b')), { a: '1.0.0', b: '1.0.0', c: '1.5.0' })
})

test('a pre-release is taken when the range names one, and else only where there is nothing but pre-releases', () => {
  const graph = { a: versions('1.0.0', '2.0.0-rc.1'), b: versions('0.1.0-rc.1') }
  assert.deepEqual(resolve(graph, rootsOf('a', 'b')), { a: '1.0.0', b: '0.1.0-rc.1' })
  assert.deepEqual(resolve(graph, rootsOf('a@^2.0.0-0')), { a: '2.0.0-rc.1' })
})

test('a version with build metadata means exactly that one', () => {
  const graph = { a: versions('1.0.0', '1.0.0+one', '1.0.0+two') }
  assert.deepEqual(resolve(graph, rootsOf('a@1.0.0+one')), { a: '1.0.0+one' })
})

test('a yanked version is passed over, unless it is installed, or named exactly by a person', () => {
  const catalogue = catalogueOf({ a: versions('1.0.0', '1.1.0') }, ['a@1.1.0'])
  const kept = new Map([[idOf('a'), { version: '1.1.0', digest: '1.1.0' }]])
  assert.deepEqual(chosenOf(resolveSet(rootsOf('a'), catalogue, options)), { a: '1.0.0' })
  assert.deepEqual(chosenOf(resolveSet(rootsOf('a'), catalogue, { ...options, kept })), { a: '1.1.0' })
  assert.deepEqual(chosenOf(resolveSet(rootsOf('a@1.1.0'), catalogue, options)), { a: '1.1.0' })
  assert.deepEqual(chosenOf(resolveSet(rootsOf('a@^1'), catalogue, options)), { a: '1.0.0' })
})

test('what is to be as new as can be goes back behind a version that was yanked, and stays where there is no other', () => {
  const graph = { a: versions('1.0.0', '1.1.0'), b: versions('1.0.0', '2.0.0') }
  const catalogue = catalogueOf(graph, ['a@1.1.0', 'b@1.0.0', 'b@2.0.0'])
  const pinned = (version: string) => ({ version, digest: version })
  const kept = new Map([
    [idOf('a'), pinned('1.1.0')],
    [idOf('b'), pinned('1.0.0')],
  ])
  const roots = rootsOf('a', 'b@^1')
  const update = { ...options, kept, released: new Set([...kept.keys()]) }
  assert.deepEqual(chosenOf(resolveSet(roots, catalogue, update)), { a: '1.0.0', b: '1.0.0' })
  assert.deepEqual(chosenOf(resolveSet(roots, catalogueOf(graph), update)), { a: '1.1.0', b: '1.0.0' })
  assert.deepEqual(chosenOf(resolveSet(roots, catalogue, { ...options, kept })), { a: '1.1.0', b: '1.0.0' })
})

test('what is installed stays where the ranges allow it, unless its bytes were others', () => {
  const graph = { a: { '1.0.0': { b: '^1' } }, b: versions('1.0.0', '1.1.0', '2.0.0') }
  const kept = new Map([[idOf('b'), { version: '1.0.0', digest: '1.0.0' }]])
  assert.deepEqual(resolve(graph, rootsOf('a'), { kept }), { a: '1.0.0', b: '1.0.0' })
  assert.deepEqual(resolve(graph, rootsOf('a', 'b@>=1.1 <2'), { kept }), { a: '1.0.0', b: '1.1.0' })
  const other = new Map([[idOf('b'), { version: '1.0.0', digest: 'other' }]])
  assert.deepEqual(resolve(graph, rootsOf('a'), { kept: other }), { a: '1.0.0', b: '1.1.0' })
})

test('packages that need each other, or themselves, are one set', () => {
  const graph = {
    a: { '1.0.0': { b: '*' } },
    b: { '1.0.0': { a: '^1' }, '2.0.0': { a: '^2' } },
    c: { '1.0.0': { c: '1' }, '2.0.0': { c: '1' } },
  }
  assert.deepEqual(resolve(graph, rootsOf('a', 'c')), { a: '1.0.0', b: '1.0.0', c: '1.0.0' })
})

test('dependencies of an isolated package are left out', () => {
  const graph = { a: { '1.0.0': { b: '^9' } }, b: versions('1.0.0') }
  assert.deepEqual(resolve(graph, rootsOf('a'), { isolated: new Set([idOf('a')]) }), { a: '1.0.0' })
})

test('a better version that was passed over, because nobody knows what it needs, is said', () => {
  const result = resolveSet(rootsOf('a'), catalogueOf({ a: { '1.0.0': {}, '2.0.0': { nobody: '^1' } } }), options)
  assert.deepEqual(chosenOf(result), { a: '1.0.0' })
  assert.ok(result.verdict === 'resolved')
  assert.deepEqual(
    result.passedOver.map(({ candidate, requirement }) => [candidate.version, requirement.name]),
    [['2.0.0', 'nobody']],
  )
})

test('a better version that nobody may take, or that a range leaves out, was not passed over for what it needs', () => {
  const graph = { a: { '1.0.0': {}, '1.1.0': { nobody: '^1' }, '2.0.0': { nobody: '^1' } }, b: { '1.0.0': { a: '^1' } } }
  const result = resolveSet(rootsOf('b', 'a'), catalogueOf(graph, ['a@1.1.0']), options)
  assert.deepEqual(chosenOf(result), { a: '1.0.0', b: '1.0.0' })
  assert.deepEqual(result.verdict === 'resolved' && result.passedOver, [])
})

function isSolution(graph: Graph, roots: readonly Root[], chosen: Readonly<Record<string, string>>): boolean {
  const meets = (name: string, range: string): boolean => chosen[name] !== undefined && semver.satisfies(chosen[name], range)
  return (
    roots.every(({ id, range }) => meets(id, range ?? '*')) &&
    Object.entries(chosen).every(([name, version]) =>
      Object.entries(graph[name]?.[version] ?? {}).every(([need, range]) => meets(need, range)),
    )
  )
}

/** Every choice of versions, or none, of every package. */
function* everyChoice(graph: Graph, names: readonly string[] = Object.keys(graph)): Generator<Readonly<Record<string, string>>> {
  const [name, ...rest] = names
  if (name === undefined) return yield {}
  for (const others of everyChoice(graph, rest)) {
    yield others
    for (const version of Object.keys(graph[name] ?? {})) yield { ...others, [name]: version }
  }
}

test('a set is found exactly where trying everything finds one, and meets every need with nothing that is not needed', () => {
  fc.assert(
    fc.property(graphs, wishes, (graph, words) => {
      const roots = rootsOf(...words)
      const result = resolveSet(roots, catalogueOf(graph), options)
      const solutions = [...everyChoice(graph)].filter((chosen) => isSolution(graph, roots, chosen))
      assert.equal(result.verdict, solutions.length > 0 ? 'resolved' : 'conflict')
      if (result.verdict !== 'resolved') return
      const chosen = chosenOf(result)
      assert.ok(isSolution(graph, roots, chosen))
      const needed = new Set<string>(roots.map(({ id }) => id))
      for (const name of needed) for (const need of Object.keys(graph[name]?.[chosen[name] ?? ''] ?? {})) needed.add(need)
      assert.deepEqual(new Set(Object.keys(chosen)), needed)
    }),
    { numRuns: 300 },
  )
})

/** The first set that is found by deciding one package after the other, and going back by one on every dead end. */
function searchPlainly(
  graph: Graph,
  agenda: readonly string[],
  ranges: readonly (readonly [string, string])[],
  chosen: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  const name = agenda[Object.keys(chosen).length]
  if (name === undefined) return chosen
  for (const version of Object.keys(graph[name] ?? {}).toSorted(semver.rcompare)) {
    const needs = Object.entries(graph[name]?.[version] ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const own = { ...chosen, [name]: version }
    const all = [...ranges, ...needs]
    if (all.some(([need, range]) => own[need] !== undefined && !semver.satisfies(own[need], range))) continue
    const found = searchPlainly(graph, [...new Set([...agenda, ...needs.map(([need]) => need)])], all, own)
    if (found !== undefined) return found
  }
  return undefined
}

test('jumping back finds the same set as going back step by step: the first in the order of preference', () => {
  fc.assert(
    fc.property(graphs, wishes, (graph, words) => {
      const roots = rootsOf(...words).toSorted((a, b) => (a.id < b.id ? -1 : 1))
      const ranges = roots.map(({ id, range }) => [id, range ?? '*'] as const)
      const plain = searchPlainly(
        graph,
        roots.map(({ id }) => id),
        ranges,
        {},
      )
      const result = resolveSet(roots, catalogueOf(graph), options)
      assert.deepEqual(result.verdict === 'resolved' ? chosenOf(result) : undefined, plain)
    }),
    { numRuns: 300 },
  )
})

test('the same set comes out in whatever order roots, versions and dependencies come in', () => {
  const shuffle = <T>(items: readonly T[], seed: number): readonly T[] =>
    items
      .map((item, index) => [(index * 7919 + seed * 104729) % 1009, item] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, item]) => item)
  fc.assert(
    fc.property(graphs, wishes, fc.nat(1000), (graph, words, seed) => {
      const plain = catalogueOf(graph)
      const shuffled: Catalogue = {
        versionsOf: (id) => shuffle(plain.versionsOf(id), seed),
        dependenciesOf: (candidate) => shuffle(plain.dependenciesOf(candidate), seed),
      }
      const [one, other] = [resolveSet(rootsOf(...words), plain, options), resolveSet(shuffle(rootsOf(...words), seed), shuffled, options)]
      assert.equal(one.verdict, other.verdict)
      if (one.verdict === 'resolved') assert.deepEqual(chosenOf(one), chosenOf(other))
      if (one.verdict !== 'conflict' || other.verdict !== 'conflict') return
      const [a, b] = [one, other].map(({ needs }) => findConflict({ roots: rootsOf(...words), catalogue: plain, options, needs }))
      assert.deepEqual(a, b)
    }),
    { numRuns: 200 },
  )
})

test('S29: a graph made to be hard ends after a bounded number of steps, with a word', () => {
  // Pigeons: n packages that each choose one of n - 1 holes, and no two the same; no search that only jumps back is quick with it.
  const n = 12
  const graph: Record<string, Record<string, Record<string, string>>> = {}
  for (let pigeon = 0; pigeon < n; pigeon += 1) {
    const own: Record<string, Record<string, string>> = {}
    for (let hole = 1; hole < n; hole += 1) {
      own[`${hole}.0.0`] = Object.fromEntries(
        Array.from({ length: n }, (_, other) => [`p${other}`, `<${hole} || >${hole}.0.0`] as const).filter(
          ([name]) => name !== `p${pigeon}`,
        ),
      )
    }
    graph[`p${pigeon}`] = own
  }
  assert.equal(resolveSet(rootsOf('p0'), catalogueOf(graph), options).verdict, 'too-large')
})

test('S29: a hundred thousand versions are chosen from, or refused, without a hang', () => {
  const many: Record<string, Record<string, string>> = {}
  for (let index = 0; index < 100_000; index += 1) many[`${Math.floor(index / 1000)}.${index % 1000}.0`] = { b: '^2' }
  const graph = { a: many, b: versions('1.0.0', '2.0.0') }
  assert.deepEqual(resolve(graph, rootsOf('a@<50'), { maxSteps: 1_000_000 }), { a: '49.999.0', b: '2.0.0' })
  assert.equal(resolveSet(rootsOf('a'), catalogueOf(graph), { ...options, maxSteps: 50_000 }).verdict, 'too-large')
})

test('a chain of ten thousand dependencies is followed', () => {
  const graph: Record<string, Record<string, Record<string, string>>> = {}
  for (let index = 0; index < 10_000; index += 1) graph[`p${index}`] = { '1.0.0': index < 9_999 ? { [`p${index + 1}`]: '^1' } : {} }
  assert.equal(Object.keys(resolve(graph, rootsOf('p0'), { maxSteps: 1_000_000 })).length, 10_000)
})

test('what goes wrong while the catalogue is read is not taken for a graph too large', () => {
  const broken = { ...catalogueOf({}), versionsOf: () => assert.fail('the disk') }
  assert.throws(() => resolveSet(rootsOf('a'), broken, options), /the disk/)
})

test('a bare dependency means the dependant’s own package, else the only one of that name', () => {
  const [ada, bob] = ['z6ada' as OwnerId, 'z6bob' as OwnerId]
  assert.equal(packageId({ owner: ada, name: 'x' }), 'z6ada/x')
  assert.equal(chooseOwner([bob, ada], ada), ada)
  assert.equal(chooseOwner([bob], ada), bob)
  assert.equal(chooseOwner([bob, 'z6cy' as OwnerId], ada), undefined)
  assert.equal(chooseOwner([], ada), undefined)
})
