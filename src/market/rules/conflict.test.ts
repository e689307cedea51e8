import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Graph } from '../testing/graphs.ts'
import { catalogueOf, graphs, options, rootsOf, versions, wishes } from '../testing/graphs.ts'
import { findConflict, formatConflict } from './conflict.ts'
import type { Root } from './resolve.ts'
import { resolveSet } from './resolve.ts'

function reasonOf(graph: Graph, roots: readonly Root[], yanked: readonly string[] = []): string {
  const catalogue = catalogueOf(graph, yanked)
  const result = resolveSet(roots, catalogue, options)
  assert.equal(result.verdict, 'conflict')
  return formatConflict(findConflict({ roots, catalogue, options, needs: result.needs }), (id) => `@ada/${id}`)
}

test('the reason names the two that are at odds, what they need, and what there is', () => {
  const graph = { a: { '1.0.0': { c: '^1' } }, b: { '1.0.0': { c: '^2' } }, c: versions('1.0.0', '2.0.0'), z: versions('1.0.0') }
  assert.equal(
    reasonOf(graph, rootsOf('a', 'b@^1', 'z')),
    '@ada/a 1.0.0 needs @ada/c ^1, @ada/b 1.0.0 needs @ada/c ^2; you asked for @ada/a, @ada/b ^1. Of @ada/c there is 2.0.0, 1.0.0.',
  )
})

test('the reason leads from what was asked for to what is at odds, and leaves out what has no part in it', () => {
  const graph = {
    a: { '1.0.0': { b: '^1', y: '*' } },
    b: { '1.0.0': { c: '^1' }, '1.1.0': { c: '~1.2' } },
    c: versions('1.0.0', '1.2.0', '2.0.0'),
    y: { '1.0.0': { z: '*' } },
    z: versions('1.0.0', '2.0.0'),
  }
  assert.equal(
    reasonOf(graph, rootsOf('a', 'c@^2', 'z')),
    '@ada/b needs @ada/c ~1.2 or ^1, you asked for @ada/c ^2; @ada/a 1.0.0 needs @ada/b ^1; you asked for @ada/a. Of @ada/c there is 2.0.0, 1.2.0, 1.0.0.',
  )
})

test('the reason says what nobody has, what several have, and what was taken back', () => {
  assert.equal(
    reasonOf({ a: { '1.0.0': { nobody: '^1' } } }, rootsOf('a')),
    '@ada/a 1.0.0 needs nobody ^1, which nobody has published here; you asked for @ada/a.',
  )
  assert.equal(
    reasonOf({ a: { '1.0.0': { rivals: '^1' } } }, rootsOf('a')),
    '@ada/a 1.0.0 needs rivals ^1, which several have published: @ada/x/rivals, @ada/y/rivals; you asked for @ada/a.',
  )
  const graph = { a: { '1.0.0': { b: '^1' } }, b: versions('1.0.0', '2.0.0') }
  assert.equal(
    reasonOf(graph, rootsOf('a'), ['b@1.0.0']),
    '@ada/a 1.0.0 needs @ada/b ^1; you asked for @ada/a. Of @ada/b there is 2.0.0, 1.0.0 (yanked).',
  )
})

test('of a conflict no need can be left out, and without any of them there is a set', () => {
  fc.assert(
    fc.property(graphs, wishes, (graph, words) => {
      const roots = rootsOf(...words)
      const catalogue = catalogueOf(graph)
      const result = resolveSet(roots, catalogue, options)
      if (result.verdict !== 'conflict') return
      const { needs } = findConflict({ roots, catalogue, options, needs: result.needs })
      const names = needs.map(({ from, target, name }) => `${from ?? ''}>${target ?? name}`)
      const everyNeed = Object.keys(graph).flatMap((target) => ['', ...Object.keys(graph)].map((from) => `${from}>${target}`))
      const others = everyNeed.filter((name) => !names.includes(name))
      assert.equal(resolveSet(roots, catalogue, { ...options, without: new Set(others) }).verdict, 'conflict')
      for (const name of names) {
        assert.equal(resolveSet(roots, catalogue, { ...options, without: new Set([...others, name]) }).verdict, 'resolved', name)
      }
    }),
    { numRuns: 200 },
  )
})
