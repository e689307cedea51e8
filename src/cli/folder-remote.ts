import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Operation } from '../operations/define-operation.ts'

/** Longest configuration of a repository that is read, in bytes. */
const maxConfigBytes = 262_144

/**
 * The address that the repository around a folder was cloned from: of `origin`, else of the only remote; undefined where there is none.
 *
 * Reads files and runs nothing: what a repository says is data of others.
 */
export function findFolderRemote(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const config = findConfig(at)
    if (config !== undefined) return spellRemote(readRemote(config), at)
    if (dirname(at) === at) return undefined
  }
}

/** Fills in what a command line left out and the folder knows. */
export function withFolderRemote(
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  folder: string,
): Readonly<Record<string, unknown>> {
  const field = Object.entries(operation.input).find(([name, { isFolderRemote }]) => isFolderRemote === true && input[name] === undefined)
  const remote = field === undefined ? undefined : findFolderRemote(folder)
  return field === undefined || remote === undefined ? input : { ...input, [field[0]]: remote }
}

/** `.git` is a folder, or in a worktree a file that says where the folder is. */
function findConfig(folder: string): string | undefined {
  const git = join(folder, '.git')
  if (!existsSync(git)) return undefined
  if (statSync(git).isDirectory()) return join(git, 'config')
  const own = /^gitdir: (.+)$/m.exec(readHead(git) ?? '')?.[1]
  if (own === undefined) return undefined
  const at = resolve(folder, own.trim())
  const common = readHead(join(at, 'commondir'))?.trim()
  return join(common === undefined ? at : resolve(at, common), 'config')
}

function readRemote(config: string): string | undefined {
  const remotes = new Map<string, string>()
  let name: string | undefined
  for (const line of (readHead(config) ?? '').split('\n')) {
    const section = /^\s*\[(.*)\]\s*$/.exec(line)?.[1]
    if (section !== undefined) name = /^remote "([^"]+)"$/.exec(section)?.[1]
    const url = name === undefined ? undefined : /^\s*url\s*=\s*(\S+)\s*$/.exec(line)?.[1]
    if (name !== undefined && url !== undefined && !remotes.has(name)) remotes.set(name, url)
  }
  const only = remotes.size === 1 ? [...remotes.values()][0] : undefined
  return remotes.get('origin') ?? only
}

/** Longest address, in characters. */
const maxAddressLength = 2_048

/** Without what may be a secret before an `@`, and absolute where it is a folder beside the repository. */
function spellRemote(url: string | undefined, folder: string): string | undefined {
  if (url === undefined || url.length > maxAddressLength) return undefined
  return /^\.{1,2}\//.test(url) ? resolve(folder, url) : url.replace(/^(https?:\/\/)[^/@]*@/, '$1')
}

/** The beginning of a file; undefined when there is none that can be read. */
function readHead(path: string): string | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const buffer = Buffer.alloc(maxConfigBytes)
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, maxConfigBytes, 0))
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
