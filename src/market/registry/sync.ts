import { createHash } from 'node:crypto'
import type { KnownGenesis } from '../../hive/genesis.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { Transaction } from '../../store/database.ts'
import type { MarketDeps } from '../market.ts'
import type { PackageName } from '../rules/names.ts'
import { registryFaults } from './faults.ts'
import { indexEverything, indexName } from './index-names.ts'
import { maxConfigBytes, parseConfig, parseNameRow } from './layout.ts'
import type { RegistryOptions } from './options.ts'
import { readMembership } from './registry-membership.ts'
import type { FileRow, RegistryRow } from './registry-table.ts'
import { getFile, listKeptNames, noteAnswer, putFile } from './registry-table.ts'
import { requestFile } from './request-file.ts'
import { configPath, indexPath, membersPath, namesPath } from './rules/registry-paths.ts'
import { judgeLines, judgeMembers, takeLines } from './take-lines.ts'
import type { JudgedLines } from './take-lines.ts'

export type SyncDeps = Pick<MarketDeps, 'database' | 'content' | 'clock' | 'log' | 'acquaintances'>

/** Files asked of one registry at once: more only wait for the same line. */
const requestsAtOnce = 8

/** Reads what a registry says it is, and whether it is in a private network: where it is when it is added is where it may be asked later. @throws Fault REGISTRY_INVALID, and of `requestFile` */
export async function fetchConfig(
  options: RegistryOptions,
  url: string,
  signal: AbortSignal,
): Promise<{ readonly genesis: KnownGenesis; readonly isPrivate: boolean }> {
  const answer = await requestFile({ ...asked(options, { url, isPrivate: true }, signal), path: configPath, maxBytes: maxConfigBytes })
  const genesis = answer.status === 'found' ? parseConfig(await readAll(answer.body)) : undefined
  if (answer.status === 'found' && genesis !== undefined) return { genesis, isPrivate: answer.wasPrivate }
  throw registryFaults.create('REGISTRY_INVALID', {
    message: `${url}/${configPath} is ${answer.status === 'missing' ? 'not there' : 'no registry of althing'}. Look at the URL; a registry is made with \`althing registry export DIR\`.`,
    data: { file: `${url}/${configPath}`, reason: answer.status },
  })
}

/** What a registry says of members, looked at but not kept; undefined for one that says nothing, or nothing else than before. @throws Fault of `requestFile` */
export async function fetchMembers(
  deps: Pick<SyncDeps, 'clock' | 'log'> & { readonly options: RegistryOptions },
  registry: Pick<RegistryRow, 'name' | 'url' | 'isPrivate' | 'genesis'>,
  { known, signal }: { readonly known: FileRow | undefined; readonly signal: AbortSignal },
): Promise<FoundMembers | FileStatus> {
  const found = await fetchText(deps, registry, { path: membersPath, maxBytes: deps.options.maxListBytes, known, signal })
  if ('status' in found) return found.status
  const judged = judgeMembers(found.body, registry)
  warnRefused(deps, registry, { path: membersPath, judged })
  return { judged, file: found.file }
}

/** What is said of members, and the file it stands in. */
export interface FoundMembers {
  readonly judged: JudgedLines
  readonly file: FileRow
}

/** Keeps what a registry says of members. Whether anything was new. */
export function takeMembers(tx: Transaction, row: Pick<RegistryRow, 'id' | 'hive'>, { judged, file }: FoundMembers): boolean {
  putFile(tx, row.id, { path: membersPath, ...file })
  return takeLines(tx, row, { name: '', lines: judged.lines })
}

/** Brings the lines of some names, and what is said of members, up to what a registry says now. @throws Fault of `requestFile` */
export async function syncNames(
  deps: SyncDeps & { readonly options: RegistryOptions },
  row: RegistryRow,
  { names, signal }: { readonly names: readonly PackageName[]; readonly signal: AbortSignal },
): Promise<void> {
  const about = await syncMembers(deps, row, { signal, isForced: false })
  const named = await mapBounded(names, (name) => syncName(deps, row, { name, signal, isForced: false }), {
    concurrency: requestsAtOnce,
    signal,
  })
  // what is young was not asked for: nobody answered
  if (about === 'asked' || named.includes('asked')) await deps.database.write((tx) => noteAnswer(tx, row.id, { now: deps.clock.now() }))
}

/**
 * Brings everything up to what a registry says now; only files whose digest in the list of names is another are asked for.
 *
 * `isForced` asks also for what was asked for a moment ago, and for every name that changed, however many they are.
 *
 * @throws Fault REGISTRY_INVALID, and of `requestFile`
 */
export async function syncEverything(
  deps: SyncDeps & { readonly options: RegistryOptions },
  row: RegistryRow,
  { signal, isForced }: { readonly signal: AbortSignal; readonly isForced: boolean },
): Promise<void> {
  const { database, clock, options } = deps
  await syncMembers(deps, row, { signal, isForced })
  const known = getFile(database, row.id, namesPath)
  if (!isForced && known !== undefined && isYoung(known, clock.now(), options)) return
  const text = await fetchText(deps, row, { path: namesPath, maxBytes: options.maxListBytes, known, signal })
  if ('status' in text) {
    if (text.status === 'missing') throw noNames(row)
    await database.write((tx) => noteSame(tx, row, { path: namesPath, known, now: clock.now() }))
    return
  }
  const rows = text.body.split('\n').flatMap((line) => parseNameRow(line) ?? [])
  const changed = rows.filter(({ name, digest }) => getFile(database, row.id, indexPath(name))?.digest !== digest)
  const listed = new Set<string>(rows.map(({ name }) => name))
  const gone = listKeptNames(database, row.id).filter((name) => !listed.has(name)) as PackageName[]
  const wanted = [...changed.map(({ name }) => name), ...gone]
  const names = isForced ? wanted : wanted.slice(0, options.maxNames)
  await mapBounded(names, (name) => syncName(deps, row, { name, signal, isForced: true }), { concurrency: requestsAtOnce, signal })
  // kept last: a search that was interrupted, or had more names than one may ask for, begins again where it was
  await database.write((tx) => {
    if (names.length === wanted.length) putFile(tx, row.id, { path: namesPath, ...text.file })
    noteAnswer(tx, row.id, { now: clock.now() })
  })
}

/** Whether a file was asked for, or is young enough as it is. */
type Asked = 'asked' | 'young'

interface NameRequest {
  readonly name: PackageName
  readonly signal: AbortSignal
  /** Asks also for what is young. */
  readonly isForced: boolean
}

async function syncName(
  deps: SyncDeps & { readonly options: RegistryOptions },
  row: RegistryRow,
  { name, signal, isForced }: NameRequest,
): Promise<Asked> {
  const { database, options, clock } = deps
  const path = indexPath(name)
  const known = getFile(database, row.id, path)
  if (!isForced && known !== undefined && isYoung(known, clock.now(), options)) return 'young'
  const found = await fetchText(deps, row, { path, maxBytes: options.maxIndexBytes, known, signal })
  if ('status' in found && found.status === 'same') {
    await database.writeSoon((tx) => noteSame(tx, row, { path, known, now: clock.now() }))
    return 'asked'
  }
  const isMissing = 'status' in found
  const judged = isMissing ? nothing : judgeLines(found.body, row, name)
  warnRefused(deps, row, { path, judged })
  const file = isMissing ? { etag: undefined, modified: undefined, digest: undefined, fetchedAt: clock.now() } : found.file
  await database.write((tx) => {
    const isNew = takeLines(tx, row, { name, lines: judged.lines })
    putFile(tx, row.id, { path, ...file })
    if (!isNew || row.genesis === undefined) return
    indexName(tx, { row, name, membership: readMembership(tx, row, row.genesis) }, deps)
  })
  return 'asked'
}

const nothing: JudgedLines = { lines: [], refused: 0 }

async function syncMembers(
  deps: SyncDeps & { readonly options: RegistryOptions },
  row: RegistryRow,
  { signal, isForced }: Omit<NameRequest, 'name'>,
): Promise<Asked> {
  const { database, options, clock } = deps
  const known = getFile(database, row.id, membersPath)
  if (!isForced && known !== undefined && isYoung(known, clock.now(), options)) return 'young'
  const found = await fetchMembers(deps, row, { known, signal })
  if (found === 'same') await database.writeSoon((tx) => noteSame(tx, row, { path: membersPath, known, now: clock.now() }))
  if (typeof found === 'string') return 'asked'
  await database.write((tx) => {
    const isNew = takeMembers(tx, row, found)
    if (isNew && row.genesis !== undefined) indexEverything(tx, { row, membership: readMembership(tx, row, row.genesis) }, deps)
  })
  return 'asked'
}

interface TextRequest {
  readonly path: string
  readonly maxBytes: number
  /** What is kept of the file, which is asked for only if it changed. */
  readonly known: FileRow | undefined
  readonly signal: AbortSignal
}

type FileStatus = 'same' | 'missing'
type FoundText = { readonly status: FileStatus } | { readonly body: string; readonly file: FileRow }

/** A file of a registry, if it is another than the one that is known. */
async function fetchText(
  { clock, options }: Pick<SyncDeps, 'clock'> & { readonly options: RegistryOptions },
  registry: Pick<RegistryRow, 'url' | 'isPrivate'>,
  { path, maxBytes, known, signal }: TextRequest,
): Promise<FoundText> {
  const validators = { etag: known?.etag, modified: known?.modified }
  const answer = await requestFile({ ...asked(options, registry, signal), ...validators, path, maxBytes })
  if (answer.status !== 'found') return { status: answer.status }
  const body = await readAll(answer.body)
  const digest = createHash('sha256').update(body).digest('hex')
  return { body, file: { etag: answer.etag, modified: answer.modified, digest, fetchedAt: clock.now() } }
}

/** That a file is as it was is an answer like another: what is kept of it is as old as that. */
function noteSame(
  tx: Transaction,
  { id }: Pick<RegistryRow, 'id'>,
  { path, known, now }: { readonly path: string; readonly known: FileRow | undefined; readonly now: number },
): void {
  if (known !== undefined) putFile(tx, id, { path, ...known, fetchedAt: now })
  noteAnswer(tx, id, { now })
}

function asked(
  { stallTimeoutMs }: RegistryOptions,
  { url, isPrivate }: Pick<RegistryRow, 'url' | 'isPrivate'>,
  signal: AbortSignal,
): Pick<Parameters<typeof requestFile>[0], 'url' | 'isPrivate' | 'signal' | 'stallTimeoutMs' | 'etag' | 'modified'> {
  return { url, isPrivate, signal, stallTimeoutMs, etag: undefined, modified: undefined }
}

/** A clock that was set back makes nothing younger than it is. */
function isYoung({ fetchedAt }: FileRow, now: number, { freshMs }: RegistryOptions): boolean {
  return now >= fetchedAt && now - fetchedAt < freshMs
}

function noNames({ name, url }: RegistryRow): Error {
  return registryFaults.create('REGISTRY_INVALID', {
    message: `the registry "${name}" has no ${namesPath}: ask for packages by their whole names, or tell whoever keeps it to export it again`,
    data: { file: `${url}/${namesPath}`, reason: 'missing' },
  })
}

function warnRefused(
  { log }: Pick<SyncDeps, 'log'>,
  row: Pick<RegistryRow, 'name'>,
  { path, judged }: { readonly path: string; readonly judged: JudgedLines },
): void {
  if (judged.refused === 0) return
  log.warn(`the registry "${row.name}" says what nobody signed; it was left out`, { path, lines: judged.refused })
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
