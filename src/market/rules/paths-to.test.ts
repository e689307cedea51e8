import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findPaths } from './paths-to.ts'

const graph: Readonly<Record<string, readonly string[]>> = { a: ['b', 'c'], b: ['d', 'a'], c: ['b', 'd'], d: ['a'], e: [] }
const needsOf = (name: string) => (graph[name] ?? []).map((need) => ({ package: need, range: '*' }))

function pathsTo(target: string, roots: readonly string[], max = 20): readonly string[] {
  const found = findPaths({ roots: roots.map((root) => ({ package: root, range: '^1' })), needsOf, target, max })
  return found.map((path) => path.map((step) => step.package).join(' '))
}

test('every way to a package is found, shortest first, through circles and twice through nothing', () => {
  assert.deepEqual(pathsTo('d', ['e', 'a']), ['a b d', 'a c d', 'a c b d'])
  assert.deepEqual(pathsTo('d', ['d', 'a']), ['d', 'a b d', 'a c d', 'a c b d'])
  assert.deepEqual(pathsTo('e', ['a']), [])
})

test('of many ways only the shortest are given', () => {
  assert.deepEqual(pathsTo('d', ['a'], 2), ['a b d', 'a c d'])
})

test('S29: a graph with more ways than anybody could walk ends', () => {
  const wide = (name: string) => (name === 'end' ? [] : Array.from({ length: 12 }, (_, index) => ({ package: `p${index}`, range: '*' })))
  assert.deepEqual(findPaths({ roots: [{ package: 'p0', range: '*' }], needsOf: wide, target: 'end', max: 5 }), [])
  // the bound holds within one level too, which may be far longer than it
  let looked = 0
  const needsOfMany = (name: string) => {
    looked += 1
    return name === 'root' ? Array.from({ length: 50_000 }, (_, index) => ({ package: `p${index}`, range: '*' })) : wide(name)
  }
  assert.deepEqual(findPaths({ roots: [{ package: 'root', range: '*' }], needsOf: needsOfMany, target: 'end', max: 5 }), [])
  assert.ok(looked < 10_000, `${looked} packages were looked into`)
})
