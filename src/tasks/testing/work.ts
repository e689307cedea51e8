import { spawn } from 'node:child_process'
import type { WorkPush } from '../claims/holder.ts'
import type { ObjectId } from '../git/objects.ts'
import { parseObjectId } from '../git/objects.ts'
import { runGit } from './git-server.ts'

/** A commit without files that follows `old`, made in a repository, ready to be pushed from there. */
export async function makeWork(folder: string, old: ObjectId | undefined, text: string): Promise<WorkPush> {
  const tree = await runGit(folder, 'hash-object', '-w', '-t', 'tree', '/dev/null')
  const id = parseObjectId(await runGit(folder, 'commit-tree', '-m', text, ...(old === undefined ? [] : ['-p', old]), tree))
  if (id === undefined) throw new Error('git made no commit')
  return { old, new: id, openPack: () => packOf(folder, id, old) }
}

async function* packOf(folder: string, id: ObjectId, old: ObjectId | undefined): AsyncGenerator<Uint8Array> {
  const child = spawn('git', ['pack-objects', '--revs', '--stdout', '-q'], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.end(`${id}\n${old === undefined ? '' : `^${old}\n`}`)
  yield* child.stdout as AsyncIterable<Uint8Array>
}
