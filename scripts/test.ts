import { availableParallelism } from 'node:os'
import { run as runTests } from 'node:test'
import { spec } from 'node:test/reporters'
import { isBundleCurrent, writeBundle } from './bundle.ts'
import { run } from './run.ts'
import { planTests, writeGroups } from './test-files.ts'

/**
 * `npm test`: every test. `--unit` leaves out what spans folders; `npm test -- src/store` runs the tests of a folder or of single files.
 *
 * First what is decided purely, in one process, with every line of `rules/` and `ucxl/` covered by the tests beside it: counting lines
 * makes every process slower, so the rest goes without. Then everything else, in one process more at once than there are processors,
 * since these tests wait for networks and timers too. Commands are run from the bundle, in half the time that the sources take.
 */
const isUnit = process.argv.includes('--unit')
const wanted = process.argv.slice(2).filter((word) => word !== '--unit')
const { rules, alone, beside } = planTests(wanted, { isUnit })
if (rules.length + alone.length + beside.length === 0) throw new Error(`no test files in ${wanted.join(' ')}`)

const coverage = [
  '--experimental-test-coverage',
  '--test-coverage-include=src/**/rules/**/*.ts',
  '--test-coverage-include=src/ucxl/**/*.ts',
  '--test-coverage-exclude=**/*.test.ts',
  '--test-coverage-lines=100',
]
const isCounted = wanted.length === 0
if (rules.length > 0) {
  const files = isCounted ? ['scripts/every-rule.ts', ...rules] : rules
  const { code } = await run('node', ['--test', '--test-isolation=none', ...(isCounted ? coverage : []), ...files], { shown: true })
  if (code !== 0) process.exitCode = 1
}

if (alone.length > 0 && !isBundleCurrent()) {
  // what cannot be bundled fails in the tests of the commands, which then run the sources
  await writeBundle().catch((error: unknown) => console.error('commands run from the sources, since there is no bundle of them:', error))
}
using groups = writeGroups(beside)
const files = [...alone, ...groups.files]
if (files.length > 0) {
  const results = runTests({ files, concurrency: availableParallelism() + 1, timeout: 240_000 })
  results.on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode = 1
  })
  for await (const text of results.compose(new spec())) process.stdout.write(text)
}
