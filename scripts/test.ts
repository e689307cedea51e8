import { availableParallelism } from 'node:os'
import { run as runTests } from 'node:test'
import { spec } from 'node:test/reporters'
import { isBundleCurrent, writeBundle } from './bundle.ts'
import type { Ended } from './run.ts'
import { run } from './run.ts'
import { planTests, writeGroups } from './test-files.ts'
import { layOutProgram, openTestPlace } from './test-place.ts'

/**
 * `npm test`: every test. `--unit` leaves out what spans folders; `npm test -- src/store` runs the tests of a folder or of single files.
 *
 * What is decided purely runs in one process, with every line of `rules/` and `ucxl/` covered by the tests beside it: counting lines
 * makes every process slower, so the rest goes without. Beside it goes everything else, in one process more at once than there are
 * processors, since these tests wait for networks and timers too. Commands are run from the bundle, in half the time that the sources take.
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

using place = openTestPlace()
Object.assign(process.env, place.environment)

if (alone.length > 0) {
  try {
    if (!isBundleCurrent()) await writeBundle()
    process.env['LAUNCHER_UNDER_TEST'] = layOutProgram(place)
  } catch (error) {
    // what cannot be bundled fails in the tests of the commands, which then run the sources
    console.error('commands run from the sources, since there is no bundle of them:', error)
  }
}
const ruled = runRules()
await runOthers()
const { code, output } = await ruled
process.stdout.write(output)
if (code !== 0) process.exitCode = 1

/** What is decided purely; its output is kept until the rest has been shown. */
async function runRules(): Promise<Ended> {
  if (rules.length === 0) return { code: 0, output: '' }
  const files = isCounted ? ['scripts/every-rule.ts', ...rules] : rules
  return run('node', ['--test', '--test-isolation=none', ...(isCounted ? coverage : []), ...files], { shown: false })
}

async function runOthers(): Promise<void> {
  using groups = writeGroups(beside)
  const files = [...alone, ...groups.files]
  if (files.length === 0) return
  const results = runTests({ files, concurrency: availableParallelism() + 1, timeout: 240_000 })
  results.on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode = 1
  })
  for await (const text of results.compose(new spec())) process.stdout.write(text)
}
