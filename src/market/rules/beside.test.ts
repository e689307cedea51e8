import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortBeside } from './beside.ts'
import type { Standing } from './beside.ts'

/** A path that ends in a slash is a folder. */
function standing(...paths: readonly string[]): readonly Standing[] {
  return paths.map((path) => ({ path: path.replace(/\/$/, ''), isFolder: path.endsWith('/') }))
}

test('what was installed belongs to the package, whatever became of it; anything else stays', () => {
  const sorted = sortBeside({
    standing: standing('a', 'old', 'mine', 'docs/', 'docs/x', 'docs/note', 'empty/', 'empty/deep/'),
    installed: new Set(['a', 'old', 'docs/x', 'gone']),
    placed: new Set(['a', 'docs/x']),
  })
  assert.deepEqual(sorted, { kept: standing('mine', 'docs/note', 'empty/', 'empty/deep/'), inTheWay: [] })
})

test('where nobody knows what was installed, only what is about to be placed belongs to the package', () => {
  const sorted = sortBeside({ standing: standing('a', 'old', 'docs/'), installed: undefined, placed: new Set(['a', 'docs/x']) })
  assert.deepEqual(sorted, { kept: standing('old'), inTheWay: [] })
})

test('a file where a new file, or a folder of new files, goes is in the way; so is all in a folder where a file goes', () => {
  const sorted = sortBeside({
    standing: standing('new', 'lib', 'bin/', 'bin/in/', 'bin/in/tool', 'fine'),
    installed: new Set(['a']),
    placed: new Set(['a', 'new', 'lib/x', 'bin']),
  })
  assert.deepEqual(sorted, { kept: standing('fine'), inTheWay: ['new', 'lib', 'bin/in/tool'] })
})

test('an empty folder gives way to a file', () => {
  assert.deepEqual(sortBeside({ standing: standing('bin/'), installed: new Set(), placed: new Set(['bin']) }), { kept: [], inTheWay: [] })
})
