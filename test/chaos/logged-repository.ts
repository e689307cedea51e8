import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ObjectId } from '../../src/tasks/git/objects.ts'
import { parseObjectId, zeroId } from '../../src/tasks/git/objects.ts'
import type { RefUpdate } from '../../src/tasks/git/remote.ts'
import type { LogStep, RefLog } from '../../src/tasks/rules/ref-log.ts'
import { runGit } from '../../src/tasks/testing/git-server.ts'
import { claimedTask, isClosedRef, readLink, readUpdate, workedTask } from '../../src/tasks/testing/read-ref-log.ts'

const run = promisify(execFile)

/** What one transaction of a repository did, as its hook wrote it down. */
export interface Transaction {
  /** Wall time in milliseconds. */
  readonly at: number
  readonly updates: readonly RefUpdate[]
}

/**
 * What git tells a hook: `prepared` while it holds the locks of all refs of a transaction, so that the order is the server's own, and
 * `committed` when it took it. @see https://git-scm.com/docs/githooks#_reference_transaction
 */
const hook = `#!/bin/sh
[ "$1" = prepared ] || [ "$1" = committed ] || exit 0
lines=$(cat)
printf '%s %s\\n%s\\n\\n' "$1" "$(date +%s%3N)" "$lines" >> "$(dirname "$0")/../ref-log"
`
/** Longest log that is read, in bytes. */
const maxLogBytes = 268_435_456

/** Lets a bare repository write down everything that is done to its refs. */
export async function logEverything(bare: string): Promise<void> {
  await mkdir(join(bare, 'hooks'), { recursive: true })
  const path = join(bare, 'hooks', 'reference-transaction')
  await writeFile(path, hook)
  await chmod(path, 0o755)
  await writeFile(join(bare, 'ref-log'), '')
  // nothing that was ever under a ref may go before it was looked at
  await runGit(bare, 'config', 'gc.auto', '0')
  await runGit(bare, 'config', 'receive.autogc', 'false')
}

/** Every transaction that the repository took, in its own order. */
export async function readTransactions(bare: string): Promise<readonly Transaction[]> {
  const blocks = (await readFile(join(bare, 'ref-log'), 'utf8')).split('\n\n').filter((block) => block.trim() !== '')
  const taken = new Map<string, number>()
  for (const block of blocks) {
    const [head, body] = cutHead(block)
    if (head.startsWith('committed')) taken.set(body, (taken.get(body) ?? 0) + 1)
  }
  return blocks.flatMap((block): readonly Transaction[] => {
    const [head, body] = cutHead(block)
    const count = taken.get(body) ?? 0
    if (!head.startsWith('prepared') || count === 0) return []
    taken.set(body, count - 1)
    const updates = body.split('\n').flatMap(readLine)
    return updates.length === 0 ? [] : [{ at: Number(head.split(' ')[1]), updates }]
  })
}

/** What the transactions mean for claims, and every commit that was under a claim ref. Hive and project are those of the first claim. */
export async function readClaimLog(bare: string): Promise<Pick<RefLog, 'hive' | 'project' | 'steps' | 'links' | 'isAncestor'>> {
  const transactions = await readTransactions(bare)
  const updates = transactions.flatMap((transaction) => transaction.updates)
  const commits = await readCommits(
    bare,
    headsOf(updates, (ref) => claimedTask(ref) !== undefined),
  )
  const links = new Map([...commits].map(([id, bytes]) => [id, readLink(id, bytes)] as const))
  const first = [...links.values()].find(({ document }) => document !== undefined)?.document
  if (first === undefined) throw new Error(`nobody claimed anything in ${bare}`)
  const { hive, project } = first
  const descents = await findDescents(bare, updates)
  const closed = await readCommits(bare, headsOf(updates, isClosedRef))
  const sources = { hive, commit: (id: ObjectId) => closed.get(id) }
  const steps = transactions.flatMap((transaction): readonly LogStep[] => {
    const read = transaction.updates.flatMap((update) => readUpdate(update, sources))
    return read.length === 0 ? [] : [{ step: 'push', at: transaction.at, updates: read }]
  })
  return { hive, project, steps, links, isAncestor: (ancestor, id) => descents.has(`${ancestor} ${id}`) }
}

function headsOf(updates: readonly RefUpdate[], isWanted: (ref: string) => boolean): readonly ObjectId[] {
  return updates.flatMap(({ ref, new: next }) => (next !== undefined && isWanted(ref) ? [next] : []))
}

function cutHead(block: string): readonly [string, string] {
  const lines = block.trim()
  const end = lines.indexOf('\n')
  return end < 0 ? [lines, ''] : [lines.slice(0, end), lines.slice(end + 1)]
}

/** A line of a transaction; of refs that are deleted git tells twice, the second time without their values. */
function readLine(line: string): readonly RefUpdate[] {
  const [old = '', next = '', ref = ''] = line.split(' ')
  const [before, after] = [parseObjectId(old), parseObjectId(next)]
  if (before === undefined || after === undefined || before === after || !ref.startsWith('refs/')) return []
  return [{ ref, old: before === zeroId ? undefined : before, new: after === zeroId ? undefined : after }]
}

/** The commits of chains, from their heads back to their first links. */
async function readCommits(bare: string, heads: readonly ObjectId[]): Promise<ReadonlyMap<ObjectId, Uint8Array>> {
  if (heads.length === 0) return new Map()
  const ids = (await runWith(bare, ['rev-list', '--stdin'], `${[...new Set(heads)].join('\n')}\n`)).toString('latin1')
  const output = await runWith(bare, ['cat-file', '--batch'], ids)
  const commits = new Map<ObjectId, Uint8Array>()
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(10, at)
    const [id = '', , size = ''] = output.toString('latin1', at, end).split(' ')
    const name = parseObjectId(id)
    if (name === undefined) throw new Error(`git has no commit ${id}`)
    const begin = end + 1
    commits.set(name, new Uint8Array(output.subarray(begin, begin + Number(size))))
    at = begin + Number(size) + 1
  }
  return commits
}

/** Pairs of commits of work branches that came one after the other, of which the one is behind the other: also where the branch was gone between. */
async function findDescents(bare: string, updates: readonly RefUpdate[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  const tips = new Map<string, ObjectId>()
  for (const { ref, new: next } of updates) {
    if (workedTask(ref) === undefined || next === undefined) continue
    const tip = tips.get(ref)
    tips.set(ref, next)
    if (tip === undefined) continue
    const isBehind = await runGit(bare, 'merge-base', '--is-ancestor', tip, next).then(
      () => true,
      () => false,
    )
    if (isBehind) found.add(`${tip} ${next}`)
  }
  return found
}

async function runWith(bare: string, words: readonly string[], input: string): Promise<Buffer> {
  const running = run('git', ['-C', bare, ...words], { encoding: 'buffer', maxBuffer: maxLogBytes })
  running.child.stdin?.end(input)
  return (await running).stdout
}
