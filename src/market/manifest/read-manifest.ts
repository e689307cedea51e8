import { constants } from 'node:fs'
import { open, opendir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { decodeText } from '../../lib/bytes.ts'
import { marketFaults } from '../faults.ts'
import type { ManifestFormat, ParsedManifest } from './format.ts'
import { gpackToml } from './gpack-toml.ts'
import { npmKeyword, packageJson } from './package-json.ts'
import { packToml } from './pack-toml.ts'
import { packageToml } from './package-toml.ts'
import { pluginJson } from './plugin-json.ts'
import { skillMd } from './skill-md.ts'
import type { ManifestSource } from './source.ts'
import { refuseManifest } from './source.ts'

/** Tried in this order; the first whose file is there decides. */
export const manifestFormats: readonly ManifestFormat[] = [packageToml, gpackToml, packToml, skillMd, pluginJson, packageJson]

/** A manifest and the file it was read from. */
export interface FoundManifest extends ParsedManifest {
  readonly source: ManifestSource
}

export interface ReadManifestOptions {
  readonly maxManifestBytes: number
  readonly signal: AbortSignal
  /** The file to read, whatever others are there. */
  readonly file?: string | undefined
}

/** Names of one folder that are looked at, to tell what a package is. */
const maxNames = 10_000

/** Reads the manifest of a folder. @throws Fault MANIFEST_MISSING, MANIFEST_INVALID */
export async function readManifest(folder: string, options: ReadManifestOptions): Promise<FoundManifest> {
  for (const format of chooseFormats(folder, options.file)) {
    options.signal.throwIfAborted()
    const text = await readBounded(folder, format.file, options.maxManifestBytes)
    if (text === undefined || (options.file === undefined && format.isMeant?.(text) === false)) continue
    const source = await openSource(folder, { format, text, options })
    return { source, ...format.parse(source) }
  }
  throw await refuseMissing(folder, options.file)
}

/** @throws Fault MANIFEST_MISSING for a file that no format has */
function chooseFormats(folder: string, file: string | undefined): readonly ManifestFormat[] {
  if (file === undefined) return manifestFormats
  const named = manifestFormats.filter((format) => format.file === file.replace(/^\.\//, ''))
  if (named.length > 0) return named
  const looked = manifestFormats.map((format) => format.file)
  throw marketFaults.create('MANIFEST_MISSING', {
    message: `${JSON.stringify(file.slice(0, 80))} is no manifest that is read; these are: ${looked.join(', ')}. Name one of them with --manifest.`,
    data: { path: folder, looked },
  })
}

async function openSource(
  folder: string,
  { format, text, options }: { readonly format: ManifestFormat; readonly text: string; readonly options: ReadManifestOptions },
): Promise<ManifestSource> {
  const paths = new Set(await listNames(folder))
  for (const inner of format.folders ?? []) {
    for (const name of await listNames(join(folder, inner))) paths.add(`${inner}/${name}`)
  }
  const companions = new Map<string, string>()
  for (const file of format.companions ?? []) {
    const beside = await readBounded(folder, file, options.maxManifestBytes)
    if (beside !== undefined) companions.set(file, beside)
  }
  return { file: format.file, folder: basename(folder), text, paths, companions }
}

/** Names in a folder; none when it cannot be read, which walking it will say. */
async function listNames(folder: string): Promise<readonly string[]> {
  const names: string[] = []
  const opened = await opendir(folder).catch(() => undefined)
  if (opened === undefined) return names
  for await (const { name } of opened) {
    names.push(name)
    if (names.length >= maxNames) break
  }
  return names
}

async function refuseMissing(folder: string, file: string | undefined): Promise<Error> {
  const looked = file === undefined ? manifestFormats.map((format) => format.file) : [file]
  const data = { path: folder, looked }
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory() !== true) {
    const what = found === undefined ? `there is no folder ${folder}` : `${folder} is no folder`
    const next =
      found === undefined ? 'Name the folder that holds the package.toml or SKILL.md.' : `Name the folder it lies in: ${dirname(folder)}`
    const message = `${what}. ${next}`
    return marketFaults.create('MANIFEST_MISSING', { message, data })
  }
  const isNpm = file === undefined && (await listNames(folder)).includes(packageJson.file)
  const npm = `Its package.json is read when its keywords have "${npmKeyword}", or with --manifest package.json. Else start`
  return marketFaults.create('MANIFEST_MISSING', {
    message: `${folder} has no manifest (${looked.join(', ')}). ${isNpm ? npm : 'Start'} one with \`althing init ${folder}\`; docs/guide/packages.md says what goes in.`,
    data,
  })
}

/** The text of a file, or undefined when it is not there. Never follows a link, never reads more than allowed. */
async function readBounded(folder: string, file: string, maxBytes: number): Promise<string | undefined> {
  const source = { file }
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
    const { buffer, bytesRead } = await handle.read(new Uint8Array(Math.max(1, found.size)), 0, found.size, 0)
    return decodeText(buffer.subarray(0, bytesRead))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'ELOOP') throw refuseManifest(source, { problem: 'the manifest is a symbolic link', write: 'a plain file', at }, error)
    if (error instanceof TypeError)
      throw refuseManifest(source, { problem: 'the manifest is not UTF-8', write: 'text in UTF-8', at }, error)
    throw error
  }
}
