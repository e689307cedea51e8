import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { decodeText } from '../../lib/bytes.ts'
import { marketFaults } from '../faults.ts'
import type { ManifestDraft } from './manifest.ts'
import { parsePackageToml } from './package-toml.ts'
import { parseSkillMd } from './skill-md.ts'
import type { ManifestSource } from './source.ts'
import { refuseManifest } from './source.ts'

/** One way to say what a package is. */
export interface ManifestFormat {
  /** By which it is recognised, relative to the package. */
  readonly file: string
  readonly parse: (source: ManifestSource) => ManifestDraft
}

/** Tried in this order; the first whose file is there decides. */
export const manifestFormats: readonly ManifestFormat[] = [
  { file: 'package.toml', parse: parsePackageToml },
  { file: 'SKILL.md', parse: parseSkillMd },
]

/** A manifest and the file it was read from. */
export interface FoundManifest {
  readonly file: string
  readonly draft: ManifestDraft
}

export interface ReadManifestOptions {
  readonly maxManifestBytes: number
  readonly signal: AbortSignal
}

/** Reads the manifest of a folder. @throws Fault MANIFEST_MISSING, MANIFEST_INVALID */
export async function readManifest(folder: string, options: ReadManifestOptions): Promise<FoundManifest> {
  const texts = new Map<string, string>()
  for (const format of manifestFormats) {
    options.signal.throwIfAborted()
    const text = await readBounded(folder, format.file, options.maxManifestBytes)
    if (text !== undefined) texts.set(format.file, text)
  }
  const format = manifestFormats.find(({ file }) => texts.has(file))
  if (format === undefined) throw refuseMissing(folder, await isFolder(folder))
  const text = texts.get(format.file) ?? ''
  const draft = format.parse({ file: format.file, folder: basename(folder), text, hasFile: (path) => texts.has(path) })
  return { file: format.file, draft }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() === true
}

function refuseMissing(folder: string, isThere: boolean): Error {
  const looked = manifestFormats.map(({ file }) => file)
  if (!isThere) {
    const message = `there is no folder ${folder}. Name the folder that holds the package.toml or SKILL.md.`
    return marketFaults.create('MANIFEST_MISSING', { message, data: { path: folder, looked } })
  }
  return marketFaults.create('MANIFEST_MISSING', {
    message: `${folder} has no ${looked.join(' and no ')}. Write a package.toml with [package], name, version and description; see docs/guide/packages.md`,
    data: { path: folder, looked },
  })
}

/** The text of a file, or undefined when it is not there. Never follows a link, never reads more than allowed. */
async function readBounded(folder: string, file: string, maxBytes: number): Promise<string | undefined> {
  const source = { file, folder: basename(folder), text: '', hasFile: () => false }
  const at = { line: 1, column: 1 }
  try {
    await using handle = await open(join(folder, file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const found = await handle.stat()
    if (!found.isFile()) throw refuseManifest(source, { problem: 'this is no file', write: 'a plain file', at })
    if (found.size > maxBytes) {
      throw refuseManifest(source, {
        problem: `the manifest has ${found.size} bytes, ${maxBytes} are allowed`,
        write: 'less; long texts go into files beside it',
        at,
      })
    }
    const { buffer, bytesRead } = await handle.read(new Uint8Array(maxBytes + 1), 0, maxBytes + 1, 0)
    return decodeText(buffer.subarray(0, Math.min(bytesRead, maxBytes)))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'ELOOP') throw refuseManifest(source, { problem: 'the manifest is a symbolic link', write: 'a plain file', at }, error)
    if (error instanceof TypeError)
      throw refuseManifest(source, { problem: 'the manifest is not UTF-8', write: 'text in UTF-8', at }, error)
    throw error
  }
}
