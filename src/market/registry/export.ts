import { createHash } from 'node:crypto'
import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { KnownGenesis } from '../../hive/genesis.ts'
import { encodeText } from '../../lib/bytes.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import { parseBody } from '../../journal/codec.ts'
import type { MarketDeps, MarketHive } from '../market.ts'
import type { Release } from '../release.ts'
import { parseRelease, releaseKind } from '../release.ts'
import type { PackageName } from '../rules/names.ts'
import { parsePackageName } from '../rules/names.ts'
import { registryFaults } from './faults.ts'
import { formatConfig, parseConfig } from './layout.ts'
import { formatNameRow, parseNameRow } from './layout.ts'
import type { NameRow } from './layout.ts'
import { formatLine } from './line.ts'
import type { SignedLine } from './line.ts'
import { readHive, readLines } from './read-hive.ts'
import { archivePath, configPath, indexPath, listPath, membersPath, namesPath } from './rules/registry-paths.ts'
import { writeChanged, writeWhole } from './write-changed.ts'
import { compress } from './zstd-stream.ts'

/** What an export did. */
export interface ExportReport {
  readonly folder: string
  readonly packages: number
  readonly releases: number
  /** Files that were written; those that were there as they have to be are not. */
  readonly written: number
  /** Releases whose bytes are not on this disk and came from nobody. */
  readonly missing: readonly string[]
}

export interface ExportRequest {
  readonly hive: MarketHive
  readonly genesis: KnownGenesis
  readonly folder: string
  /** Only these; all without any. */
  readonly names: ReadonlySet<string>
  readonly context: CallContext
}

type ExportDeps = Pick<MarketDeps, 'database' | 'content' | 'chance'>

/**
 * Writes the packages of a hive as a folder of static files.
 *
 * Bytes come before the lines that name them and the list of names comes last, so that who reads meanwhile finds what is named. The same
 * journals give the same files, and what is there already is not written.
 *
 * @throws Fault EXPORT_REFUSED, DISK_FULL
 */
export async function exportHive(deps: ExportDeps, request: ExportRequest): Promise<ExportReport> {
  const { hive, genesis, folder, names: only, context } = request
  await refuseOther(folder, genesis)
  const contents = readHive(deps.database, hive.hive)
  const wanted = [...contents.names.keys()].filter((name) => only.size === 0 || only.has(name)).toSorted(compareText)
  const rows: NameRow[] = []
  const missing: string[] = []
  let [written, releases] = [0, 0]
  for (const [index, name] of wanted.entries()) {
    context.signal.throwIfAborted()
    context.report({ stage: 'exporting', done: index, total: wanted.length, unit: 'items' })
    const lines = readLines(deps.database, contents, contents.names.get(name) ?? []).toSorted(compareLines)
    if (lines.length === 0) continue
    for (const release of lines.flatMap(releaseOf)) {
      releases += 1
      const put = await putBytes(deps, request, release)
      if (put === undefined) missing.push(`${name} ${release.manifest.version}`)
      written += put ?? 0
    }
    const text = encodeText(lines.map((line) => `${formatLine(line)}\n`).join(''))
    if (await writeChanged(join(folder, indexPath(name)), text, deps.chance)) written += 1
    rows.push({ name, digest: createHash('sha256').update(text).digest('hex'), size: text.byteLength })
  }
  await removeGone(folder, new Set(rows.map(({ name }) => name)))
  const files: readonly (readonly [string, string])[] = [
    [
      membersPath,
      contents.members
        .toSorted(compareLines)
        .map((line) => `${formatLine(line)}\n`)
        .join(''),
    ],
    [namesPath, rows.map((row) => `${formatNameRow(row)}\n`).join('')],
    [configPath, formatConfig(genesis)],
  ]
  for (const [path, text] of files) if (await writeChanged(join(folder, path), encodeText(text), deps.chance)) written += 1
  return { folder, packages: rows.length, releases, written, missing }
}

/** A folder is empty, or an export of this hive. @throws Fault EXPORT_REFUSED */
async function refuseOther(folder: string, genesis: KnownGenesis): Promise<void> {
  const refuse = (why: string): Error =>
    registryFaults.create('EXPORT_REFUSED', {
      message: `${folder} ${why}; nothing was written. Name an empty folder, or the one that this hive was exported to before.`,
      data: { path: folder },
    })
  const found = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw refuse('cannot be read')
  })
  if (found.length === 0) return
  const text = await readFile(join(folder, configPath), 'utf8').catch(() => '')
  const known = parseConfig(text)
  if (known === undefined) {
    // an export that was interrupted has no config yet
    const ours = new Set(['archives', 'lists', 'index', membersPath, namesPath])
    if (found.every((name) => ours.has(name) || name.startsWith('.althing-'))) return
    throw refuse('holds something else')
  }
  if (known.id !== genesis.id) throw refuse(`holds the packages of another hive, "${known.genesis.name}"`)
}

/** Puts the archive and the list of files of a release into the folder; how many were written. Undefined when the archive is not to be had. */
async function putBytes(deps: ExportDeps, { hive, folder, context }: ExportRequest, release: Release): Promise<number | undefined> {
  const hex = Buffer.from(release.digest).toString('hex')
  let written = 0
  for (const [path, cid] of [
    [archivePath(hex), release.archive],
    [listPath(release.files), release.files],
  ] as const) {
    const file = join(folder, path)
    if ((await stat(file).catch(() => undefined)) !== undefined) continue
    if (!(await isHad(deps, { hive, cid, maxBytes: Math.max(release.size, maxListBytes), context }))) {
      if (cid === release.archive) return undefined
      continue
    }
    const bytes = deps.content.read(cid, { signal: context.signal })
    await writeWhole(file, cid === release.archive ? compress(bytes) : bytes, deps.chance)
    written += 1
  }
  return written
}

/** Longest list of files. */
const maxListBytes = 8_388_608

interface Wanted {
  readonly hive: MarketHive
  readonly cid: Release['archive']
  readonly maxBytes: number
  readonly context: CallContext
}

async function isHad({ content }: ExportDeps, { hive, cid, maxBytes, context }: Wanted): Promise<boolean> {
  if (content.stat(cid)?.isWhole === true) return true
  if (hive.exchange === undefined) return false
  try {
    await hive.exchange.fetch(cid, { signal: context.signal, maxBytes })
    return true
  } catch {
    context.signal.throwIfAborted()
    return false
  }
}

/** Takes away the lines of names that the folder listed and that are no more: their entries were erased, or are not asked for. */
async function removeGone(folder: string, standing: ReadonlySet<PackageName>): Promise<void> {
  const text = await readFile(join(folder, namesPath), 'utf8').catch(() => '')
  for (const line of text.split('\n')) {
    const name = parsePackageName(parseNameRow(line)?.name ?? '')
    if (name !== undefined && !standing.has(name)) await rm(join(folder, indexPath(name)), { force: true })
  }
}

function releaseOf({ entry }: SignedLine): readonly Release[] {
  if (entry.header.kind !== releaseKind) return []
  const release = parseRelease(parseBody(entry)?.value)
  return release === undefined ? [] : [release]
}

/** Each author's in order, authors by name: the same wherever the same is known. */
function compareLines(a: SignedLine, b: SignedLine): number {
  const [one, other] = [a.entry.header, b.entry.header]
  return compareText(one.node, other.node) || one.incarnation - other.incarnation || one.seq - other.seq
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
