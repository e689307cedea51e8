import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { run } from './run.ts'

/**
 * `npm test`: every test, each file in a process of its own, as many at once as there are processors (two at least), with
 * every line of `rules/` and `ucxl/` covered. `--unit` leaves out what spans folders; `npm test -- src/store` runs the tests
 * of a folder or of single files.
 */
const isUnit = process.argv.includes('--unit')
const wanted = process.argv.slice(2).filter((word) => word !== '--unit')
const everything = isUnit ? ['src/**/*.test.ts'] : ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts']
const files = wanted.length === 0 ? globSync(everything) : wanted.flatMap(filesOf)
if (files.length === 0) throw new Error(`no test files in ${wanted.join(' ')}`)

const coverage = [
  '--experimental-test-coverage',
  '--test-coverage-include=src/**/rules/**/*.ts',
  '--test-coverage-include=src/ucxl/**/*.ts',
  '--test-coverage-exclude=**/*.test.ts',
  '--test-coverage-lines=100',
]
const { code } = await run(
  'node',
  [
    '--test',
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    '--test-timeout=120000',
    ...(wanted.length === 0 ? coverage : []),
    ...files.toSorted(),
  ],
  { shown: true },
)
process.exitCode = code

function filesOf(path: string): readonly string[] {
  return path.endsWith('.ts') ? [path] : globSync(`${path}/**/*.test.ts`)
}
