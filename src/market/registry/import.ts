import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { Transaction } from '../../store/database.ts'
import type { PackageName } from '../rules/names.ts'
import type { ExportedFolder } from './exported-folder.ts'
import { openArchive, readName, readPlain, refuseImport, surveyFolder } from './exported-folder.ts'
import { putForeign } from './foreign.ts'
import { parseForeignIndex } from './foreign-shapes.ts'
import { indexName, indexVersion } from './index-names.ts'
import type { RegistryHandlerDeps } from './handler-deps.ts'
import { addBytes } from './registry-bytes.ts'
import { readMembership } from './registry-membership.ts'
import type { RegistryRow } from './registry-table.ts'
import { insertRegistry, listReleases, noteAnswer, urlOfImport } from './registry-table.ts'
import { takeLines } from './take-lines.ts'

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
  if (found === undefined) throw refuseImport(request.path, 'it is not there')
  const name = request.name ?? nameAfter(request.path)
  return found.isDirectory() ? importFolder(deps, { ...request, name }) : importForeign(deps, { ...request, name })
}

type NamedRequest = ImportRequest & { readonly name: string }

async function importForeign(deps: RegistryHandlerDeps, { path, name }: NamedRequest): Promise<ImportReport> {
  const index = parseForeignIndex(await readPlain(path, maxForeignBytes))
  if (index === undefined)
    throw refuseImport(path, 'it is no index.json, packages.toml or lock file that is read here, and no exported folder')
  await deps.database.write((tx) => {
    const { row } = openRow(tx, deps, { name, genesis: undefined })
    for (const each of index.packages) putForeign(tx, row.id, each)
    noteAnswer(tx, row.id, { now: deps.clock.now() })
  })
  const packages = new Set(index.packages.map((each) => each.name)).size
  return { name, kind: 'foreign', shape: index.shape, packages, versions: index.packages.length, refused: index.refused, archives: 0 }
}

async function importFolder(deps: RegistryHandlerDeps, { path, name, signal }: NamedRequest): Promise<ImportReport> {
  const { database, registries } = deps
  const folder = await surveyFolder(deps, { path, name, signal })
  const { genesis } = folder
  const { row, isNew } = await database.write((tx) => openRow(tx, deps, { name, genesis }))
  try {
    return await takeFolder(deps, folder, { row, signal })
  } catch (error) {
    // a disk that was pulled out, or is full, since the folder was looked at
    if (isNew) await registries.remove(name)
    throw error
  }
}

interface Taking {
  readonly row: RegistryRow
  readonly signal: AbortSignal
}

async function takeFolder(deps: RegistryHandlerDeps, folder: ExportedFolder, { row, signal }: Taking): Promise<ImportReport> {
  const { database, options } = deps
  const { genesis, members, names, path } = folder
  await database.write((tx) => void takeLines(tx, row, { name: '', lines: members.lines }))
  const membership = readMembership(database, row, genesis)
  let { refused } = members
  for (const name of names) {
    signal.throwIfAborted()
    const judged = await readName(folder, name, options)
    refused += judged.refused
    await database.write((tx) => {
      takeLines(tx, row, { name, lines: judged.lines })
      indexName(tx, { row, name, membership }, deps)
    })
  }
  await database.write((tx) => noteAnswer(tx, row.id, { now: deps.clock.now() }))
  const archives = await importArchives(deps, path, { row, signal })
  const releases = listReleases(database, row.hive)
  const packages = new Set<PackageName>(releases.map((release) => release.name)).size
  return { name: row.name, kind: 'signed', shape: null, packages, versions: releases.length, refused, archives }
}

/** Archives of releases that stand and lie in the folder; how many there were. */
async function importArchives({ content, database, options }: RegistryHandlerDeps, path: string, { row, signal }: Taking): Promise<number> {
  let archives = 0
  for (const release of listReleases(database, row.hive)) {
    signal.throwIfAborted()
    const { archive: cid, size: maxBytes } = release
    if (content.stat(cid)?.isWhole === true) continue
    await using archive = await openArchive(path, release, options)
    if (archive === undefined) continue
    await addBytes({ content, row, signal }, { ...archive, cid, maxBytes, isCompressed: true, onBytes: () => {} })
    archives += 1
  }
  return archives
}

/** The row of an import, and whether it was made; one that was imported before under this name is brought up to date. @throws Fault of `refuseKnown` */
function openRow(
  tx: Transaction,
  { clock, registries }: Pick<RegistryHandlerDeps, 'clock' | 'registries'>,
  { name, genesis }: Pick<RegistryRow, 'name' | 'genesis'>,
): { readonly row: RegistryRow; readonly isNew: boolean } {
  const url = urlOfImport(name)
  const known = registries.list().find((row) => row.name === name)
  if (known?.url === url && known.genesis?.id === genesis?.id) return { row: known, isNew: false }
  registries.refuseKnown(name, url)
  return { row: insertRegistry(tx, { name, url, isPrivate: false, genesis, now: clock.now(), viewVersion: indexVersion }), isNew: true }
}

function nameAfter(path: string): string {
  const plain = basename(path, extname(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
  return plain.replace(/^-+/, '').replace(/-+$/, '') || 'imported'
}
