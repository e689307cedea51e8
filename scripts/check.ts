import { styleText } from 'node:util'
import { run } from './run.ts'

/**
 * `npm run check`: all that must be true before a commit. Fails or says nothing but what it looked at.
 *
 * `--without-tests` leaves the unit tests to `npm test`, which runs them with the rest and holds the same coverage.
 */
interface Check {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
}

const checks: readonly Check[] = [
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  { name: 'format', command: 'oxfmt', args: ['--check'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'dead code', command: 'knip', args: ['--no-progress'] },
  { name: 'import table', command: 'node', args: ['--test', '--test-reporter=dot', 'test/imports.test.ts'] },
  { name: 'generated pages', command: 'node', args: ['scripts/docs.ts', '--check'] },
  ...(process.argv.includes('--without-tests') ? [] : [{ name: 'unit tests', command: 'node', args: ['scripts/test.ts', '--unit'] }]),
]

let failed = 0
for (const check of checks) {
  const startedAt = performance.now()
  const { code, output } = await run(check.command, check.args, { shown: false })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${code === 0 ? styleText('green', 'ok') : styleText('red', 'no')}  ${check.name} ${styleText('dim', `${seconds} s`)}`)
  if (code === 0) continue
  failed += 1
  console.log(output.trimEnd())
}
process.exitCode = failed === 0 ? 0 : 1
