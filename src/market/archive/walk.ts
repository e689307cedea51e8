import type { Dir } from 'node:fs'
import { lstat, opendir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault } from '../../lib/fault.ts'
import { marketFaults } from '../faults.ts'
import { alwaysIgnored, isWithinPatterns, matchPatterns, maxPatterns, parsePatterns } from '../rules/ignore.ts'
import type { PathPattern } from '../rules/ignore.ts'
import { PathSet, judgePath } from '../rules/paths.ts'
import type { ArchiveFile, ArchiveLimits } from './entry.ts'
import { compareBytes } from './entry.ts'

/** Longest `.gitignore` or `.althingignore`, in bytes. */
const maxIgnoreBytes = 65_536
/** Names seen in a folder, ignored ones included, are bounded by this many times the files allowed. */
const seenPerFile = 20

export interface WalkOptions extends ArchiveLimits {
  /** Patterns of the manifest; empty means every file. */
  readonly files: readonly string[]
  /** Always part of the package: the manifest. */
  readonly manifestFile: string
  readonly signal: AbortSignal
}

/**
 * The files of a folder that belong to its package, in archive order.
 *
 * Symbolic links, devices and the like are refused, not skipped: what is published must be what was looked at.
 *
 * @throws Fault SOURCE_REFUSED, PACKAGE_TOO_LARGE
 */
export async function walkPackage(folder: string, options: WalkOptions): Promise<readonly ArchiveFile[]> {
  const ignored = [...alwaysIgnored, ...(await readIgnoreFile(folder, '.althingignore'))]
  const ignoredByGit: PathPattern[] = []
  const wanted = parsePatterns(options.files.join('\n'))
  const found: ArchiveFile[] = []
  const pending = ['']
  let [seen, bytes] = [0, 0]
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    ignoredByGit.push(...(await readIgnoreFile(folder, parent === '' ? '.gitignore' : `${parent}/.gitignore`)))
    if (ignoredByGit.length > maxPatterns) throw tooManyPatterns('.gitignore')
    for await (const { name } of await openFolder(folder, parent)) {
      options.signal.throwIfAborted()
      seen += 1
      if (seen > options.maxPackageFiles * seenPerFile) throw tooLarge(options.maxPackageFiles, 'files')
      const path = parent === '' ? name : `${parent}/${name}`
      const stat = await lstat(join(folder, path))
      // What is said for packages counts more than what is said for Git.
      const verdict = matchPatterns(ignored, path, stat.isDirectory()) ?? matchPatterns(ignoredByGit, path, stat.isDirectory())
      if (verdict === 'match') continue
      if (stat.isDirectory()) {
        refuseBadPath(path)
        pending.push(path)
        continue
      }
      const isWanted = wanted.length === 0 || path === options.manifestFile || isWithinPatterns(wanted, path)
      if (!isWanted) continue
      if (!stat.isFile())
        throw refuseSource(path, stat.isSymbolicLink() ? 'it is a symbolic link; put the file itself there' : 'it is no plain file')
      refuseBadPath(path)
      found.push({ path, size: stat.size, isExecutable: (stat.mode & 0o100) !== 0 })
      bytes += stat.size
      if (found.length > options.maxPackageFiles) throw tooLarge(options.maxPackageFiles, 'files')
      if (bytes > options.maxPackageBytes) throw tooLarge(options.maxPackageBytes, 'bytes')
    }
  }
  return checkTogether(found.toSorted((a, b) => compareBytes(a.path, b.path)))
}

/** @throws Fault SOURCE_REFUSED when it may not be read, or is gone */
function openFolder(folder: string, path: string): Promise<Dir> {
  return opendir(join(folder, path)).catch((error: unknown) => {
    throw toSourceFault(error, path === '' ? folder : path)
  })
}

function refuseBadPath(path: string): void {
  const reason = judgePath(path)
  if (reason !== undefined) throw refuseSource(path, reason)
}

function checkTogether(files: readonly ArchiveFile[]): readonly ArchiveFile[] {
  const paths = new PathSet()
  for (const { path } of files) {
    const reason = paths.add(path)
    if (reason !== undefined) throw refuseSource(path, reason)
  }
  return files
}

async function readIgnoreFile(folder: string, file: string): Promise<readonly PathPattern[]> {
  const stat = await lstat(join(folder, file)).catch(() => undefined)
  if (stat === undefined) return []
  if (!stat.isFile()) throw refuseSource(file, 'it is no plain file')
  if (stat.size > maxIgnoreBytes) throw refuseSource(file, `it has more than ${maxIgnoreBytes} bytes`)
  const text = await readFile(join(folder, file), 'utf8').catch((error: unknown) => {
    throw toSourceFault(error, file)
  })
  const patterns = parsePatterns(text, file.slice(0, Math.max(0, file.lastIndexOf('/'))))
  if (patterns.length > maxPatterns) throw tooManyPatterns(file)
  return patterns
}

function tooManyPatterns(file: string): Fault {
  return refuseSource(file, `it has more than ${maxPatterns} lines`)
}

/** What the disk said while a source was read, as a fault where the owner of the folder can mend it. */
export function toSourceFault(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EACCES' || code === 'EPERM') return refuseSource(path, 'it may not be read')
  return code === 'ELOOP' || code === 'ENOENT' ? refuseSource(path, 'it changed while it was read; try again') : error
}

/** The fault for something in the folder that cannot be part of a package. */
export function refuseSource(path: string, reason: string): Fault {
  return marketFaults.create('SOURCE_REFUSED', {
    message: `${JSON.stringify(path)} cannot be part of a package: ${reason}. Change it, or leave it out with a line in .althingignore.`,
    data: { path: path.toWellFormed(), reason },
  })
}

function tooLarge(limit: number, unit: 'files' | 'bytes'): Fault {
  return marketFaults.create('PACKAGE_TOO_LARGE', {
    message: `the package has more than ${limit} ${unit}. Leave out what is not needed with lines in .althingignore.`,
    data: { limit, unit },
  })
}
