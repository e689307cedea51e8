import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { createSeededChance } from '../../src/lib/chance.ts'
import { Fault } from '../../src/lib/fault.ts'
import { mistype } from '../../src/market/testing/typos.ts'
import type { Answer } from '../e2e/machine.ts'
import { enter, list, openVillage, text } from '../e2e/machine.ts'
import type { Member } from '../faults/member.ts'
import { openMember, packagesOf, untilAll } from '../faults/member.ts'
import type { RealManifest } from './real-data.ts'
import { isAbsent, listFolders, readRealManifest } from './real-data.ts'

const seed = 20_251_116
/** More than there are packages. */
const limit = 200

/** Needs academic-paper-lifecycle, which is not among the 77. */
const needy = 'academic-peer-review-workflow'

interface Published {
  readonly folder: string
  readonly name: string
  readonly says: RealManifest
}

test(
  'of 77 real packages 61 are published, 11 have no manifest and 5 none in TOML; another node finds each and installs it byte for byte',
  { skip: isAbsent },
  async (t) => {
    const village = openVillage(t)
    const [ada, bob] = [village.settle('ada'), village.settle('bob')]
    const publisher = await openMember(village, ada, await ada.start())
    const { published, refused } = await publishAll(publisher)
    const counts = [/has no manifest/, /package\.toml:\d+:\d+: this is no valid TOML/].map(
      (why) => refused.filter((said) => why.test(said)).length,
    )
    assert.deepEqual([published.length, ...counts], [61, 11, 5], refused.join('\n'))

    const reader = await openMember(village, bob, await enter(ada, bob))
    await untilAll([reader], packagesOf, (known) => known.length === published.length)
    for (const { name } of published) assert.equal((await search(reader, { query: [name] }))[0], name)
    await assertFiltered(reader, published)
    const missed = await findMissed(reader, published)
    assert.deepEqual(missed, [], `not among the first five when misspelt; seed ${seed}`)

    await installAll(reader, published)
  },
)

interface Outcome {
  readonly published: readonly Published[]
  /** What was said of each that was refused. */
  readonly refused: readonly string[]
}

async function publishAll({ call }: Member): Promise<Outcome> {
  const published: Published[] = []
  const refused: string[] = []
  for (const folder of listFolders()) {
    const answer = await call('marketplace.publish', { path: folder }).catch((error: unknown) => error)
    if (answer instanceof Fault) refused.push(answer.message)
    else published.push({ folder, name: text(Object(answer), 'name'), says: readRealManifest(folder) })
  }
  return { published, refused }
}

async function search({ call }: Member, input: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  return list(await call('marketplace.search', { limit, ...input }), 'packages').map((hit) => text(hit, 'name'))
}

/** Whoever says a category, a keyword or an author is found by it. */
async function assertFiltered(reader: Member, published: readonly Published[]): Promise<void> {
  const filters = published.flatMap(({ name, says }) => [
    ...says.category.map((category) => ({ name, filter: { category } })),
    ...says.keywords.map((keyword) => ({ name, filter: { keyword: [keyword] } })),
    ...says.authors.map((author) => ({ name, filter: { author } })),
  ])
  assert.equal(new Set(filters.map(({ name }) => name)).size, published.length, 'a package says nothing of itself')
  for (const [asked, rows] of Map.groupBy(filters, ({ filter }) => JSON.stringify(filter))) {
    const [row] = rows
    const found = await search(reader, row?.filter ?? {})
    for (const { name } of rows) assert.ok(found.includes(name), `${name} by ${asked}`)
  }
}

/** Names that are not found with a letter swapped, or another in its place. */
async function findMissed(reader: Member, published: readonly Published[]): Promise<readonly string[]> {
  const chance = createSeededChance(seed)
  const missed: string[] = []
  for (const { name } of published) {
    for (const kind of ['swapped', 'wrong'] as const) {
      const typed = mistype(name, kind, chance)
      if (!(await search(reader, { query: [typed], limit: 5 })).includes(name)) missed.push(`${name} as ${typed}`)
    }
  }
  return missed
}

/** All at once; what is on disk then is what its author has. */
async function installAll({ call, project }: Member, published: readonly Published[]): Promise<void> {
  const install = async (packages: readonly string[], noDependencies: boolean): Promise<Answer> =>
    call('marketplace.install', { packages, directory: project, noDependencies })
  const names = published.map(({ name }) => name)
  await assert.rejects(install(names, false), {
    code: 'DEPENDENCY_UNKNOWN',
    message: new RegExp(`${needy} .* needs academic-paper-lifecycle`),
  })
  assert.equal(existsSync(join(project, 'althing.lock')), false)

  await install([needy], true)
  const others = names.filter((name) => name !== needy)
  const rows = list(await install(others, false), 'packages')
  assert.equal(rows.length, published.length)
  for (const { name, folder } of published) {
    const row = rows.find((each) => each['name'] === name)
    assert.ok(row !== undefined, name)
    assert.deepEqual(readFolder(text(row, 'path')), readFolder(folder), name)
  }
}

/** Every file below a folder with its bytes, by path. */
function readFolder(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path).toString('base64')]))
}
