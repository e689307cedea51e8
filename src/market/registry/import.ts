import { open, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { constants } from 'node:fs'
import { maxArchiveBytes } from '../archive/unpack.ts'
import type { PackageName } from '../rules/names.ts'
import { registryFaults } from './faults.ts'
import { putForeign } from './foreign.ts'
import { parseForeignIndex } from './foreign-shapes.ts'
import { indexName, indexVersion } from './index-names.ts'
import { maxConfigBytes, parseConfig, parseNameRow } from './layout.ts'
import type { RegistryHandlerDeps } from './handler-deps.ts'
import { addBytes } from './registry-exchange.ts'
import { readMembership } from './registry-membership.ts'
import type { RegistryRow } from './registry-table.ts'
import { insertRegistry, listReleases, noteAnswer, urlOfImport } from './registry-table.ts'
import { archivePath, configPath, indexPath, membersPath, namesPath } from './rules/registry-paths.ts'
import { judgeLines, judgeMembers, takeLines } from './take-lines.ts'

export interface ImportRequest {
  /** A file or a folder. */
  readonly path: string
  readonly name: string | undefined
  readonly signal: AbortSignal
}

/** What was taken in. */
export interface ImportReport {
  name: string
  kind: 'signed' | 'foreign'
  shape: string | null
  packages: number
  versions: number
  refused: number
  archives: number
}

/** Longest index of another marketplace, in bytes. */
const maxForeignBytes = 67_108_864

/**
 * Takes in an exported folder, checked as if it came over the network, or an index of another marketplace, of which nothing is believed.
 *
 * @throws Fault REGISTRY_INVALID, REGISTRY_NAME_INVALID, REGISTRY_EXISTS, DISK_FULL
 */
export async function importPath(deps: RegistryHandlerDeps, request: ImportRequest): Promise<ImportReport> {
  const found = await stat(request.path).catch(() => undefined)
  if (found === undefined) throw refuse(request.path, 'it is not there')
  const name = request.name ?? nameAfter(request.path)
  return found.isDirectory() ? importFolder(deps, { ...request, name }) : importForeign(deps, { ...request, name })
}

type NamedRequest = ImportRequest & { readonly name: string }

async function importForeign(deps: RegistryHandlerDeps, { path, name }: NamedRequest): Promise<ImportReport> {
  const index = parseForeignIndex(await readText(path, maxForeignBytes))
  if (index === undefined) throw refuse(path, 'it is no index.json, packages.toml or lock file that is read here, and no exported folder')
  const row = await openRow(deps, { name, genesis: undefined })
  await deps.database.write((tx) => {
    for (const each of index.packages) putForeign(tx, row.id, each)
    noteAnswer(tx, row.id, { now: deps.clock.now() })
  })
  const packages = new Set(index.packages.map((each) => each.name)).size
  return { name, kind: 'foreign', shape: index.shape, packages, versions: index.packages.length, refused: index.refused, archives: 0 }
}

async function importFolder(deps: RegistryHandlerDeps, { path, name, signal }: NamedRequest): Promise<ImportReport> {
  const { options, database } = deps
  const { maxListBytes, maxIndexBytes, maxNames } = options.registry
  const genesis = parseConfig(await readText(join(path, configPath), maxConfigBytes))
  if (genesis === undefined) throw refuse(path, `its ${configPath} is not one of \`althing registry export\``)
  const row = await openRow(deps, { name, genesis })
  const members = judgeMembers(await readText(join(path, membersPath), maxListBytes), row)
  await database.write((tx) => void takeLines(tx, row, { name: '', lines: members.lines }))
  const membership = readMembership(database, row, genesis)
  const rows = (await readText(join(path, namesPath), maxListBytes)).split('\n').flatMap((line) => parseNameRow(line) ?? [])
  let { refused } = members
  for (const each of rows.slice(0, maxNames)) {
    signal.throwIfAborted()
    const judged = judgeLines(await readText(join(path, indexPath(each.name)), maxIndexBytes), row, each.name)
    refused += judged.refused
    await database.write((tx) => {
      takeLines(tx, row, { name: each.name, lines: judged.lines })
      indexName(tx, { row, name: each.name, membership }, deps)
    })
  }
  await database.write((tx) => noteAnswer(tx, row.id, { now: deps.clock.now() }))
  const archives = await importArchives(deps, row, { path, signal })
  const versions = listReleases(database, row.hive)
  const packages = new Set<PackageName>(versions.map((release) => release.name)).size
  return { name, kind: 'signed', shape: null, packages, versions: versions.length, refused, archives }
}

/** Archives that lie in the folder; one that is not what its owner signed stops the import, and what is missing does not. */
async function importArchives(
  deps: RegistryHandlerDeps,
  row: RegistryRow,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<number> {
  const { content, database, options } = deps
  const most = maxArchiveBytes({ maxPackageBytes: options.maxPackageBytes, maxPackageFiles: maxFiles })
  let archives = 0
  for (const { digest, archive, size } of listReleases(database, row.hive)) {
    signal.throwIfAborted()
    if (content.stat(archive)?.isWhole === true || size > most) continue
    const file = archivePath(Buffer.from(digest).toString('hex'))
    await using handle = await open(join(path, file), constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
    if (handle === undefined || !(await handle.stat()).isFile()) continue
    const body = handle.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>
    await addBytes({ content, row, signal }, { cid: archive, path: file, body, maxBytes: size, isCompressed: true, onBytes: () => {} })
    archives += 1
  }
  return archives
}

/** Files of a package that are ever read. */
const maxFiles = 10_000

/** The row of an import; one that was imported before under this name is brought up to date. */
async function openRow(
  { database, clock, registries }: Pick<RegistryHandlerDeps, 'database' | 'clock' | 'registries'>,
  { name, genesis }: Pick<RegistryRow, 'name' | 'genesis'>,
): Promise<RegistryRow> {
  const url = urlOfImport(name)
  const known = registries.list().find((row) => row.name === name)
  if (known?.url === url && known.genesis?.id === genesis?.id) return known
  registries.refuseKnown(name, url)
  await database.write((tx) => insertRegistry(tx, { name, url, genesis, now: clock.now(), viewVersion: indexVersion }))
  return registries.get(name)
}

async function readText(path: string, maxBytes: number): Promise<string> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = await handle.stat()
    if (!found.isFile()) throw refuse(path, 'it is no plain file')
    if (found.size > maxBytes) throw refuse(path, `it has more than ${maxBytes} bytes`)
    return await handle.readFile('utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw refuse(path, 'it is not there')
    throw error
  }
}

function nameAfter(path: string): string {
  const plain = basename(path, extname(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
  return plain.replace(/^-+/, '').replace(/-+$/, '') || 'imported'
}

function refuse(path: string, reason: string): Error {
  return registryFaults.create('REGISTRY_INVALID', {
    message: `${path} was not imported: ${reason}.`,
    data: { file: path, reason },
  })
}
