import { lstat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Fault } from '../lib/fault.ts'
import type { ProjectDesk } from './desk.ts'
import { tasksFaults } from './faults.ts'
import { parseGitAddress } from './git/address.ts'
import type { Project } from './task.ts'

/**
 * Refuses a folder that is no place for a project: one with files of a person beside its repository, and one whose name another folder has.
 *
 * @throws Fault PROJECT_INVALID
 */
export async function refuseFolder(url: string, before: Project | undefined): Promise<void> {
  const path = pathOf(url)
  if (path === undefined) return
  if (basename(path) === '.git' || (await isThere(join(path, '.git'))))
    throw refused(
      `${path} is the clone that somebody works in, and a push would change branches under their files; give a bare repository: \`git clone --bare ${path} PATH.git\` makes one`,
      url,
    )
  const other = before === undefined ? undefined : pathOf(before.url)
  if (before !== undefined && other !== undefined && other !== path)
    throw refused(
      `${before.id} is the repository at ${other} already, for the end .git is no part of a name; \`althing project remove ${before.id}\` first, or give this one another name`,
      url,
    )
}

/** Refuses a base that the repository does not have, where it has branches. @throws Fault PROJECT_INVALID; the faults of a git server */
export async function refuseBase(
  { project, listBranches }: Pick<ProjectDesk, 'project' | 'listBranches'>,
  waiting: { readonly signal: AbortSignal },
): Promise<void> {
  const branches = await listBranches(waiting)
  if (branches.length === 0 || branches.includes(project.base)) return
  throw refused(
    `${project.url} has no branch ${project.base}; it has ${branches.slice(0, 10).join(', ')}: say with --base which one pull requests go to`,
    project.url,
  )
}

/** What a git server said of a project that was not added; what is said of those that were does not help then. */
export function withoutName(error: unknown): unknown {
  return error instanceof Fault && error.code === 'REMOTE_MISSING' && error.cause instanceof Fault ? error.cause : error
}

function pathOf(url: string): string | undefined {
  const address = parseGitAddress(url)
  return address.kind === 'path' ? address.path.replace(/(?<=.)\/+$/, '') : undefined
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function refused(message: string, url: string): Error {
  return tasksFaults.create('PROJECT_INVALID', { message, data: { url: url.slice(0, 200) } })
}
