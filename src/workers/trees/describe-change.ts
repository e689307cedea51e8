import { decodeLossy } from '../../lib/bytes.ts'
import type { ObjectId } from '../../tasks/git/objects.ts'
import type { ObjectPlace } from './find-texts.ts'

/** Most of a change that is described, in bytes. */
const maxChangeBytes = 1_048_576

/** No program that a repository names, and no colours: a person reads it at a terminal of ours. */
const options: readonly string[] = ['--patch-with-stat', '--stat=100', '--no-color', '--no-ext-diff', '--no-textconv']

/** What changed between two commits, in the words of `git diff`: first which files, then their lines. Of a long one the beginning. @throws Fault GIT_FAILED */
export async function describeChange(
  { git, path }: ObjectPlace,
  { from, to }: { readonly from: ObjectId; readonly to: ObjectId },
  waiting: { readonly signal: AbortSignal },
): Promise<string> {
  const read: Uint8Array[] = []
  let left = maxChangeBytes
  for await (const chunk of git.stream('compare', [`--git-dir=${path}`, 'diff', ...options, from, to], waiting)) {
    read.push(chunk.subarray(0, left))
    left -= chunk.length
    if (left <= 0) break
  }
  return decodeLossy(Buffer.concat(read)).trimEnd()
}
