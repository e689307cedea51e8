import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openStand, startsAt } from '../../src/context/testing/stand.ts'
import type { Stand } from '../../src/context/testing/stand.ts'
import { createSeededChance } from '../../src/lib/chance.ts'
import { Fault } from '../../src/lib/fault.ts'
import { createVirtualClock } from '../../src/lib/virtual-clock.ts'
import { formatInstant, parseAddress } from '../../src/ucxl/ucxl.ts'
import { GitRepository, hasGit } from './git-repository.ts'
import type { CommittedTree } from './git-repository.ts'

/** A repository and a folder of it; without them the project's own documents. */
const { REAL_GIT_REPOSITORY: given, REAL_GIT_FOLDER: folder = 'docs' } = process.env
const maxCommits = 80
const seed = 20_261_121
/** Between two commits at least, in milliseconds: more than any of them changes files, each of which is an entry with a time of its own. */
const leastGapMs = 10_000

/** A commit with the time at which it is imported, and the last moment at which it still was the newest. */
interface Imported extends CommittedTree {
  readonly importedAt: number
  readonly asOf: number
}

test(
  'the history of a folder of a real repository, imported as versions, is at every moment what git has of that commit',
  { skip: hasGit() ? false : 'there is no git here' },
  async (t) => {
    const { repository, where } = findRepository(t)
    const history = withTimes(repository.history(folder, maxCommits))
    const blobs = repository.blobs(history.flatMap(({ files }) => [...files.values()]))
    t.diagnostic(`${history.length} commits of ${where}, ${blobs.size} contents`)
    assert.ok(history.length > 1, 'a history has more than one commit')

    const clock = createVirtualClock({ startsAt })
    let now = startsAt
    // timers stand still: months go by between two commits
    await using ada = await openStand('ada', { clock, ownClock: { ...clock, now: () => now } })
    let before: ReadonlyMap<string, string> = new Map()
    for (const commit of history) {
      now = commit.importedAt
      await importChanges(ada, { before, after: commit.files, blobs })
      before = commit.files
    }

    const paths = new Set(history.flatMap(({ files }) => [...files.keys()]))
    for (const { commit, asOf, files } of history) {
      for (const path of paths) {
        const wanted = blobs.get(files.get(path) ?? '')
        assert.deepEqual(await readAt(ada, path, asOf), wanted && Buffer.from(wanted), `${path} at ${commit}, seed ${seed}`)
      }
    }
  },
)

/** The repository that was named, else the project's own where its history is whole, else one made from a seed. */
function findRepository(t: TestContext): { readonly repository: GitRepository; readonly where: string } {
  const path = given ?? resolve(import.meta.dirname, '../..')
  const repository = new GitRepository(path)
  if (repository.isWhole()) return { repository, where: `${folder} in ${given ?? 'this project'}` }
  assert.equal(given, undefined, `${path} is no repository with all of its history`)
  const made = mkdtempSync(join(tmpdir(), 'althing-git-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  t.diagnostic(`this project has no whole history here: a repository is made from the seed ${seed}`)
  return { repository: GitRepository.make(made, createSeededChance(seed), 40), where: 'a made repository' }
}

/** Committers' times where they grow, and a little later where they do not. */
function withTimes(history: readonly CommittedTree[]): readonly Imported[] {
  const times: number[] = []
  for (const { at } of history) times.push(Math.max(at, (times.at(-1) ?? startsAt) + leastGapMs))
  return history.map((commit, index) => ({
    ...commit,
    importedAt: times[index] ?? 0,
    asOf: (times[index + 1] ?? Number.MAX_SAFE_INTEGER / 1_000) - 1,
  }))
}

async function importChanges(
  ada: Stand,
  {
    before,
    after,
    blobs,
  }: {
    readonly before: ReadonlyMap<string, string>
    readonly after: ReadonlyMap<string, string>
    readonly blobs: ReadonlyMap<string, Uint8Array>
  },
): Promise<void> {
  const { signal } = new AbortController()
  for (const [path, blob] of after) {
    if (before.get(path) === blob) continue
    const body = [blobs.get(blob) ?? assert.fail(blob)]
    await ada.context.put(
      { address: parseAddress(addressOf(path, '*^')), body, mediaType: 'application/octet-stream', metadata: {} },
      { signal },
    )
  }
  for (const path of before.keys()) {
    if (!after.has(path)) await ada.context.delete(parseAddress(addressOf(path, '*^')), { signal })
  }
}

/** What a file said at a moment; undefined where there was none. */
async function readAt(ada: Stand, path: string, moment: number): Promise<Buffer | undefined> {
  try {
    const read = await ada.get(addressOf(path, formatInstant(Math.min(moment, Date.UTC(9999, 11, 31)))))
    return Buffer.concat(await Array.fromAsync(read.open()))
  } catch (error) {
    if (error instanceof Fault && (error.code === 'RESOURCE_DELETED' || error.code === 'RESOURCE_MISSING')) return undefined
    throw error
  }
}

/** A path of a file in the letters that an address has. */
function addressOf(path: string, temporal: string): string {
  const written = path.replaceAll(/[^A-Za-z0-9./-]/g, (character) => `_${character.codePointAt(0)?.toString(16)}_`)
  return `ucxl://ada:author@history:import/${temporal}/${written}`
}
