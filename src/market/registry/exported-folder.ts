import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { KnownGenesis } from '../../hive/genesis.ts'
import { errorCode } from '../../store/faults.ts'
import { parseBody } from '../../journal/codec.ts'
import type { ContentStore } from '../../content/content.ts'
import { maxArchiveBytes } from '../archive/unpack.ts'
import type { MarketOptions } from '../market.ts'
import type { Release } from '../release.ts'
import { parseRelease, releaseKind } from '../release.ts'
import type { PackageName } from '../rules/names.ts'
import { registryFaults } from './faults.ts'
import { maxConfigBytes, parseConfig, parseNameRow } from './layout.ts'
import { checkBytes } from './registry-bytes.ts'
import { archivePath, configPath, indexPath, membersPath, namesPath } from './rules/registry-paths.ts'
import type { JudgedLines } from './take-lines.ts'
import { judgeLines, judgeMembers } from './take-lines.ts'

type Limits = Pick<MarketOptions, 'registry' | 'maxPackageBytes' | 'maxPackageFiles'>

/** An exported folder of which every file was looked at. */
export interface ExportedFolder {
  readonly path: string
  readonly genesis: KnownGenesis
  readonly members: JudgedLines
  readonly names: readonly PackageName[]
}

interface SurveyRequest {
  readonly path: string
  /** As it is called in messages. */
  readonly name: string
  readonly signal: AbortSignal
}

/**
 * Looks at all of an exported folder, archives too, and keeps nothing: so that of one that is refused nothing is there.
 *
 * What is on this disk already is not looked at again, and what is missing is no fault.
 *
 * @throws Fault REGISTRY_INVALID
 */
export async function surveyFolder(
  { content, options }: { readonly content: Pick<ContentStore, 'stat'>; readonly options: Limits },
  { path, name, signal }: SurveyRequest,
): Promise<ExportedFolder> {
  const { maxListBytes } = options.registry
  const genesis = parseConfig(await readPlain(join(path, configPath), maxConfigBytes))
  if (genesis === undefined) throw refuseImport(path, `its ${configPath} is not one of \`althing registry export\``)
  const members = judgeMembers(await readPlain(join(path, membersPath), maxListBytes), { genesis })
  const rows = (await readPlain(join(path, namesPath), maxListBytes)).split('\n').flatMap((line) => parseNameRow(line) ?? [])
  const folder = { path, genesis, members, names: rows.map((row) => row.name) }
  for (const each of folder.names) {
    const { lines } = await readName(folder, each, options)
    for (const release of lines.flatMap(({ entry }) =>
      entry.header.kind === releaseKind ? (parseRelease(parseBody(entry)?.value) ?? []) : [],
    )) {
      signal.throwIfAborted()
      if (content.stat(release.archive)?.isWhole === true) continue
      await using archive = await openArchive(path, release, options)
      if (archive === undefined) continue
      const { size, digest } = release
      await checkBytes({ row: { name }, signal }, { ...archive, digest, maxBytes: size, isCompressed: true, onBytes: () => {} })
    }
  }
  return folder
}

/** The lines of one name. @throws Fault REGISTRY_INVALID */
export async function readName(
  { path, genesis }: Pick<ExportedFolder, 'path' | 'genesis'>,
  name: PackageName,
  { registry }: Limits,
): Promise<JudgedLines> {
  return judgeLines(await readPlain(join(path, indexPath(name)), registry.maxIndexBytes), { genesis }, name)
}

/** An archive that lies in a folder. */
export interface OpenedArchive extends AsyncDisposable {
  /** In the folder. */
  readonly path: string
  /** Compressed. */
  readonly body: AsyncIterable<Uint8Array>
}

/** Opens the archive of a release; undefined when it is not there, no plain file, or longer than this node takes. */
export async function openArchive(
  folder: string,
  { digest, size }: Pick<Release, 'digest' | 'size'>,
  { maxPackageBytes, maxPackageFiles }: Pick<Limits, 'maxPackageBytes' | 'maxPackageFiles'>,
): Promise<OpenedArchive | undefined> {
  if (size > maxArchiveBytes({ maxPackageBytes, maxPackageFiles })) return undefined
  const path = archivePath(Buffer.from(digest).toString('hex'))
  const handle = await open(join(folder, path), constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
  if (handle === undefined) return undefined
  const body = await streamOf(handle)
  if (body === undefined) await handle.close()
  return body && { path, body, [Symbol.asyncDispose]: () => handle.close() }
}

async function streamOf(handle: FileHandle): Promise<AsyncIterable<Uint8Array> | undefined> {
  return (await handle.stat()).isFile() ? (handle.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>) : undefined
}

/** The text of a plain file. @throws Fault REGISTRY_INVALID for one that is none, or longer */
export async function readPlain(path: string, maxBytes: number): Promise<string> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = await handle.stat()
    if (!found.isFile()) throw refuseImport(path, 'it is no plain file')
    if (found.size > maxBytes) throw refuseImport(path, `it has more than ${maxBytes} bytes`)
    return await handle.readFile('utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw refuseImport(path, 'it is not there')
    throw error
  }
}

export function refuseImport(path: string, reason: string): Error {
  return registryFaults.create('REGISTRY_INVALID', {
    message: `${path} was not imported: ${reason}. Nothing of it is kept.`,
    data: { file: path, reason },
  })
}
