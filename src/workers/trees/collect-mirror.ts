import type { GitRunner } from './git.ts'
import { once } from './object-range.ts'

export interface CollectMirrorOptions {
  /** Branches that are dropped, and fetched again when they are asked for: all whose names begin so. */
  readonly prefix: string
  readonly signal: AbortSignal
}

/** What is left uncollected, as git's own defaults of `gc.auto` and `gc.autoPackLimit` have it. @see git-config(1) */
const mostLoose = 6_700
const mostPacks = 50

/**
 * Takes away what nobody needs of a copy of a repository: work branches, commits that were never pushed, packs of a git that was ended. Gives
 * whether there was enough of it.
 *
 * Nobody may use the copy meanwhile: what is not reachable goes at once.
 *
 * @throws Fault GIT_FAILED; the signal's reason
 */
export async function collectMirror(
  { git, path }: { readonly git: GitRunner; readonly path: string },
  { prefix, signal }: CollectMirrorOptions,
): Promise<boolean> {
  const at = `--git-dir=${path}`
  const counted = await git.text('count the objects', [at, 'count-objects', '-v'], { signal })
  const count = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(counted)?.[1] ?? 0)
  if (count('count') <= mostLoose && count('packs') <= mostPacks && count('garbage') === 0) return false
  const refs = await git.text('list branches', [at, 'for-each-ref', '--format=delete %(refname)', `refs/fetched/${prefix}`], { signal })
  if (refs !== '') await git.text('drop branches', [at, 'update-ref', '--stdin'], { signal, stdin: once(`${refs}\n`) })
  await git.text('collect', [at, 'gc', '--quiet', '--prune=now', '--force'], { signal })
  return true
}
