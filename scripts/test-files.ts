import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What one run of the tests is made of. */
export interface TestPlan {
  /** Tests of what is decided purely, run in one process with every line counted. */
  readonly rules: readonly string[]
  /** Files run in a process each: they start processes of their own, so that these are most of their cost. */
  readonly alone: readonly string[]
  /** The other tests beside the source, which share a process with their neighbours. */
  readonly beside: readonly string[]
}

/** Paths of tests from the root of the project: all, those of `src` alone, or those in the folders and files named. */
export function planTests(wanted: readonly string[], { isUnit }: { readonly isUnit: boolean }): TestPlan {
  const everything = isUnit ? ['src'] : ['test', 'bench/harness', 'src']
  const files = (wanted.length === 0 ? everything : wanted).flatMap(filesOf)
  return {
    rules: files.filter(isRule),
    alone: files.filter((path) => !isBeside(path)),
    beside: files.filter((path) => isBeside(path) && !isRule(path)),
  }
}

function isBeside(path: string): boolean {
  return /^(?:src|bench)\//.test(path)
}

function isRule(path: string): boolean {
  return /^src\/(?:ucxl|(?:.+\/)?rules)\//.test(path)
}

function filesOf(path: string): readonly string[] {
  return path.endsWith('.ts') ? [path] : globSync(`${path.replace(/\/$/, '')}/**/*.test.ts`).toSorted(byDepth)
}

/** What stands higher up spans more, and takes longest: begun first, it does not end last. */
function byDepth(a: string, b: string): number {
  return a.split('/').length - b.split('/').length || (a < b ? -1 : 1)
}

/** Files that share a process. Starting one and loading the same sources costs half a second, more than most files' tests. */
const filesPerProcess = 10

/** Test files written for one run, each of which runs several; removed with it. */
export interface Groups extends Disposable {
  readonly files: readonly string[]
}

/** Puts test files together, neighbours with neighbours, since these load the same sources. */
export function writeGroups(paths: readonly string[]): Groups {
  const folder = mkdtempSync(join(tmpdir(), 'althing-test-groups-'))
  const count = Math.ceil(paths.length / filesPerProcess)
  const files = Array.from({ length: count }, (_, index) => {
    const file = join(folder, `group-${index + 1}.mjs`)
    writeFileSync(file, formatGroup(paths.slice(index * filesPerProcess, (index + 1) * filesPerProcess)))
    return file
  })
  return { files, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A file that cannot be loaded is a test that fails, and its neighbours run all the same. */
function formatGroup(paths: readonly string[]): string {
  const urls = paths.map((path) => `  ${JSON.stringify(pathToFileURL(resolve(path)).href)},\n`)
  return `import { test } from 'node:test'
for (const url of [
${urls.join('')}]) {
  try {
    await import(url)
  } catch (error) {
    test(\`\${url} can be loaded\`, () => { throw error })
  }
}
`
}
