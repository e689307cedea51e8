import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from './guide-page.ts'
import { blocksIn, codeIn, commandsIn, openPage } from './guide-page.ts'

/** Lines of the pages that are not run here, each for its reason. */
const skipped: ReadonlyMap<string, string> = new Map([
  ['npm ci', 'installs what runs this test'],
  ['npm run demo', 'has a test of its own, test/examples.test.ts'],
])

test('the commands of docs/guide/first-hive.md do what the page says, on two machines', async (t) => {
  const page = openPage(t)
  const lines = commandsIn('docs/guide/first-hive.md', ['sh'])
  // On which machine, as the headings say: the second one joins, starts and searches.
  const joined = lines.findIndex((line) => line.startsWith('althing hive join'))
  let code = ''
  for (const [index, line] of lines.entries()) {
    const shell = index >= joined && index < joined + 3 ? page.second : page.first
    const written = line.replace('CODE', code).replace('/mnt/disk/althing', join(page.first.home, 'backup'))
    if (line === 'althing p2p start') await page.runNode(shell, written)
    else {
      const output = await page.run(shell, written)
      if (line === 'althing hive invite') code = codeIn(output)
      if (line === 'althing p2p search review') assert.match(output, /code-review/)
    }
  }
  assert.equal(lines.length, 14)
  assert.match(await page.run(page.first, 'althing hive members'), /bob.*revoked|revoked.*bob/)
})

test('the commands of README.md do what it says, as npx runs them', async (t) => {
  const page = openPage(t)
  const lines = commandsIn('README.md', ['sh']).filter((line) => !skipped.has(line))
  let code = ''
  let machine = page.first
  for (const line of lines) {
    if (line.startsWith('npx althing hive join')) machine = page.second
    const written = line.replace('CODE', code)
    if (line.endsWith('p2p start')) await page.runNode(machine, written)
    else {
      const output = await page.run(machine, written)
      if (line.endsWith('hive invite')) code = codeIn(output)
    }
  }
  assert.equal(lines.length, 8)
  const { members } = JSON.parse(await page.run(page.second, 'npx althing hive members --json')) as { readonly members: readonly unknown[] }
  assert.equal(members.length, 2)
})

test('the commands of docs/guide/packages.md find and install what they name', async (t) => {
  const page = openPage(t)
  await page.runNode(page.first, 'althing p2p start')
  writeManifests(page.first.project)
  await page.run(page.first, 'althing publish ./rust-web')
  await page.run(page.first, 'althing publish examples/packages/code-review')
  const lines = commandsIn('docs/guide/packages.md', [''])
  const own = JSON.parse(await page.run(page.first, 'althing info rust-web --json')) as { readonly package: string }
  for (const line of lines) {
    const output = await page.run(page.first, line.replace('@ada/rust-web', own.package))
    if (/^althing search (?:rust web|rsut wbe)/.test(line)) assert.match(output, /rust-web/)
    if (line === 'althing list') assert.match(output, /rust-web/)
    if (line.endsWith('--dry-run')) assert.match(output, /server\.mjs[^]*nothing was published/)
    if (line.endsWith('--mcp')) assert.match(output, /^\{\s+"mcpServers"/)
  }
  assert.equal(lines.length, 16)
})

test('the commands of docs/guide/trust.md show, yank, accept, audit and put up again', async (t) => {
  const page = openPage(t)
  await page.runNode(page.first, 'althing p2p start')
  await page.run(page.first, 'althing publish examples/packages/code-review')
  const lines = commandsIn('docs/guide/trust.md', [''])
  for (const line of lines) {
    const output = await page.run(page.first, line)
    if (line === 'althing audit') assert.match(output, /nothing found\naccepted\n {2}yanked .*to find the leak/)
  }
  assert.equal(lines.length, 9)
})

test('the commands of docs/guide/marketplace.md take a package from its first file to its end', async (t) => {
  const page = openPage(t)
  await page.runNode(page.first, 'althing p2p start')
  const lines = commandsIn('docs/guide/marketplace.md', [''])
  const versions: string[] = []
  for (const line of lines) {
    const output = await page.run(page.first, line)
    if (line.startsWith('althing search')) assert.match(output, /commit-notes/)
    if (line.startsWith('althing list') || line === 'althing update') versions.push(...(/0\.[12]\.0/.exec(output) ?? []))
    if (line === 'althing verify') assert.match(output, /^1 package as signed/)
  }
  assert.deepEqual(versions, ['0.1.0', '0.2.0'])
  assert.equal(lines.length, 29)
})

test('the commands of docs/guide/commons.md meet a stranger’s package, and keep it at a distance', async (t) => {
  const page = openPage(t)
  assert.match(await page.run(page.first, 'althing hive join commons'), /no public nodes to begin with yet/)
  await page.runNode(page.first, 'althing p2p start')
  await page.run(page.first, 'althing publish examples/packages/code-review || true')
  const { listen } = JSON.parse(await page.run(page.first, 'althing p2p status --json')) as { readonly listen: readonly string[] }
  const { owner } = JSON.parse(await page.run(page.first, 'althing owner show --json')) as { readonly owner: string }
  const lines = commandsIn('docs/guide/commons.md', [''])
  for (const line of lines) {
    const written = line.replace('ADDR', listen[0] ?? '').replace('OWNER', owner)
    if (line === 'althing p2p start') {
      await page.runNode(page.second, written)
      await untilFound(page, 'code-review')
      continue
    }
    if (line.startsWith('althing install'))
      assert.match(
        await page.run(page.second, 'althing install @alice/code-review 2>&1 || true'),
        /left alone for 24 h.*--accept cool-down --reason/,
      )
    const output = await page.run(page.second, written)
    if (line.startsWith('althing search'))
      assert.match(output, /@alice\/code-review[^]*sent the words "review", for up to 20 packages, to 1 member of "commons"/)
    if (line === 'althing audit') assert.match(output, /accepted\n {2}cool-down .*alice showed it to me/)
    if (line === 'althing blocked') assert.match(output, /blocked {3}@alice\/old-tool/)
  }
  assert.doesNotMatch(readFileSync(join(page.second.project, 'althing.lock'), 'utf8'), /@alice/)
  assert.equal(lines.length, 13)
})

test('the manifest that docs/guide/packages.md shows is one that publishes', async (t) => {
  const page = openPage(t)
  const [manifest] = blocksIn('docs/guide/packages.md', ['toml'])
  const folder = join(page.first.project, 'my-package')
  mkdirSync(join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'package.toml'), manifest ?? '')
  writeFileSync(join(folder, 'README.md'), 'read me')
  writeFileSync(join(folder, 'src', 'main.rs'), 'fn main() {}')
  writeFileSync(join(folder, 'left-out'), 'not named')
  const output = await page.run(page.first, 'althing publish ./my-package --json || true')
  const published = JSON.parse(output) as { readonly status: string; readonly files: number }
  assert.deepEqual([published.status, published.files], ['published', 3])
})

/** Waits until the second machine heard of a package: journals travel on their own. */
async function untilFound({ second, run }: Page, name: string): Promise<void> {
  for (let time = 0; time < 50; time += 1) {
    if ((await run(second, `althing search ${name}`)).includes(`/${name} v`)) return
    await pause(300)
  }
  assert.fail(`nobody told the second machine of ${name}`)
}

function writeManifests(project: string): void {
  const folder = join(project, 'rust-web')
  mkdirSync(folder)
  writeFileSync(
    join(folder, 'package.toml'),
    '[package]\nname = "rust-web"\nversion = "1.2.3"\ndescription = "A web service in Rust"\nkeywords = ["rust", "web"]\n',
  )
}
