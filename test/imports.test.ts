import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { judgeImports } from './imports/judge-imports.ts'
import { readTables } from './imports/tables.ts'

const project = new URL('..', import.meta.url).pathname
const tables = readTables(readFileSync(join(project, 'ARCHITECTURE.md'), 'utf8'))

test('every file of src imports only what its row in ARCHITECTURE.md names, and no two import each other in a circle', () => {
  const { files, violations } = judgeImports(join(project, 'src'), tables)
  assert.deepEqual(violations, [])
  assert.ok(files > 60, `only ${files} files were looked at: the test looks in the wrong place`)
})

test('the table is whole: every folder it allows has a row of its own', () => {
  assert.ok(tables.imports.length > 10)
  assert.ok(tables.sdks.length > 5)
  const houses = new Set(tables.imports.map((row) => row.house))
  const named = tables.imports.flatMap((row) => (row.mayImport === 'everything' ? [] : row.mayImport))
  assert.deepEqual(
    named.filter((name) => !houses.has(name) && !name.includes('/')),
    [],
  )
})

const violations: Readonly<Record<string, { readonly files: Readonly<Record<string, string>>; readonly expected: RegExp }>> = {
  'a static import': {
    files: { 'lib/a.ts': `import { b } from '../cli/b.ts'\nb()`, 'cli/b.ts': 'export function b() {}' },
    expected: /lib\/a\.ts imports cli\/b\.ts/,
  },
  'a type import': {
    files: { 'lib/a.ts': `import type { B } from '../cli/b.ts'\nexport type A = B`, 'cli/b.ts': 'export type B = 1' },
    expected: /lib\/a\.ts imports/,
  },
  'a type borrowed in place': {
    files: { 'lib/a.ts': `export type A = import('../cli/b.ts').B`, 'cli/b.ts': 'export type B = 1' },
    expected: /lib\/a\.ts imports/,
  },
  'a dynamic import': { files: { 'lib/a.ts': `await import('../cli/b.ts')`, 'cli/b.ts': 'export {}' }, expected: /lib\/a\.ts imports/ },
  'a re-export': {
    files: { 'lib/a.ts': `export { b } from '../cli/b.ts'`, 'cli/b.ts': 'export const b = 1' },
    expected: /lib\/a\.ts imports/,
  },
  'a re-export of all': {
    files: { 'lib/a.ts': `export * from '../cli/b.ts'`, 'cli/b.ts': 'export const b = 1' },
    expected: /lib\/a\.ts imports/,
  },
  'a folder without a row': {
    files: { 'attic/a.ts': `import '../lib/b.ts'`, 'lib/b.ts': 'export {}' },
    expected: /attic, which has no row/,
  },
  'a cycle of two files': {
    files: { 'lib/a.ts': `import './b.ts'`, 'lib/b.ts': `import type {} from './a.ts'` },
    expected: /cycle: lib\/a\.ts → lib\/b\.ts → lib\/a\.ts/,
  },
  'an SDK away from its file': {
    files: { 'market/a.ts': `import { DatabaseSync } from 'node:sqlite'\nnew DatabaseSync('x')` },
    expected: /market\/a\.ts names node:sqlite/,
  },
  'libp2p outside of its files': {
    files: { 'network/host.ts': `import type { Libp2p } from 'libp2p'\nexport type H = Libp2p` },
    expected: /network\/host\.ts names libp2p/,
  },
  'the environment': { files: { 'store/a.ts': `export const home = process.env['HOME']` }, expected: /store\/a\.ts names process\.env/ },
  'the environment, unpacked': { files: { 'store/a.ts': `export const { env } = process` }, expected: /store\/a\.ts names process\.env/ },
  'a file without its ending': { files: { 'lib/a.ts': `import './b'`, 'lib/b.ts': 'export {}' }, expected: /imports name their file/ },
}

for (const [name, { files, expected }] of Object.entries(violations)) {
  test(`${name} against the table is found`, (t) => {
    const { violations: found } = judgeImports(writeTree(t, files), tables)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] ?? '', expected)
  })
}

test('an import whose name is computed is refused, because it cannot be checked', (t) => {
  const root = writeTree(t, { 'lib/a.ts': 'export const load = (name: string) => import(name)' })
  assert.throws(() => judgeImports(root, tables), /computed/)
})

function writeTree(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'althing-imports-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}
