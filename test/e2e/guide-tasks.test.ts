import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { blocksIn, commandsIn, openPage } from './guide-page.ts'

const page = 'docs/guide/tasks.md'

/** What some lines of the page print, by how they begin, in their order. */
const printed: readonly (readonly [string, RegExp])[] = [
  ['althing project add', /is a project of this node: pull requests go to main/],
  ['althing doctor', /good {2}a second making is refused/],
  ['althing task list', /Welcome people/],
  ['althing task next', /would be next: Welcome people/],
  ['althing worker start', /1 task in review/],
  ['althing task show "$TASK"', /in-review by [^]*branch althing\/t-[^]*decided: althing context get/],
  ['althing task show "$TASK" --transcript', /"type":"prompt"/],
  ['althing task history', /claim [^]*review /],
  ['althing worker start', /no task was taken/],
  ['althing task list --all', /closed/],
]

test('the commands of docs/guide/tasks.md go from an empty repository to a merged branch', async (t) => {
  const { first, run, runNode } = openPage(t)
  // the sandbox is not everywhere
  mkdirSync(join(first.home, '.althing'), { mode: 0o700 })
  writeFileSync(join(first.home, '.althing', 'config.toml'), `${blocksIn(page, ['toml'])[0] ?? ''}sandbox = "none"\n`)
  const wanted = [...printed]
  let settings = ''
  for (const line of commandsIn(page, ['sh'])) {
    if (line === 'althing p2p start') await runNode(first, line)
    else if (line.startsWith('TASK=')) settings = `TASK=${(await run(first, 'althing task list -q')).trim()}\n`
    else {
      const output = await run(first, `${settings}${line}`)
      const [begins, pattern] = wanted[0] ?? []
      if (begins === undefined || pattern === undefined || !line.startsWith(begins)) continue
      wanted.shift()
      assert.match(output, pattern, line)
    }
  }
  assert.deepEqual(wanted, [])
  assert.equal(await run(first, 'cat shop/welcome.md'), 'Welcome.\n')
})
