import { createHash } from 'node:crypto'
import type { KnownGenesis } from '../../hive/genesis.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
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

/** Reads what a registry says it is. @throws Fault REGISTRY_INVALID, and of `requestFile` */
export async function fetchConfig(options: RegistryOptions, url: string, signal: AbortSignal): Promise<KnownGenesis> {
  const answer = await requestFile({ ...asked(options, url, signal), path: configPath, maxBytes: maxConfigBytes })
  const known = answer.status === 'found' ? parseConfig(await readAll(answer.body)) : undefined
  if (known !== undefined) return known
  throw registryFaults.create('REGISTRY_INVALID', {
    message: `${url}/${configPath} is ${answer.status === 'missing' ? 'not there' : 'no registry of althing'}. Look at the URL; a registry is made with \`althing registry export DIR\`.`,
    data: { file: `${url}/${configPath}`, reason: answer.status },
  })
}

/** Brings the lines of some names, and what is said of members, up to what a registry says now. @throws Fault of `requestFile` */
export async function syncNames(
  deps: SyncDeps & { readonly options: RegistryOptions },
  row: RegistryRow,
  { names, signal }: { readonly names: readonly PackageName[]; readonly signal: AbortSignal },
): Promise<void> {
  await syncMembers(deps, row, signal)
  await mapBounded(names, (name) => syncName(deps, row, { name, signal }), { concurrency: requestsAtOnce, signal })
  await deps.database.write((tx) => noteAnswer(tx, row.id, { now: deps.clock.now() }))
}

/** Brings everything up to what a registry says now; only files whose digest in the list of names is another are asked for. */
export async function syncEverything(
  deps: SyncDeps & { readonly options: RegistryOptions },
  row: RegistryRow,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { database, clock, options } = deps
  await syncMembers(deps, row, signal)
  const known = getFile(database, row.id, namesPath)
  const isFresh = known !== undefined && isYoung(known, clock.now(), options)
  const text = isFresh ? undefined : await fetchText(deps, row, { path: namesPath, maxBytes: options.maxListBytes, signal, isWhole: true })
  if (text === undefined || 'status' in text) return
  const rows = text.body.split('\n').flatMap((line) => parseNameRow(line) ?? [])
  const changed = rows.filter(({ name, digest }) => getFile(database, row.id, indexPath(name))?.digest !== digest)
  const listed = new Set<string>(rows.map(({ name }) => name))
  const gone = listKeptNames(database, row.id).filter((name) => !listed.has(name)) as PackageName[]
  const wanted = [...changed.map(({ name }) => name), ...gone]
  const names = wanted.slice(0, options.maxNames)
  await mapBounded(names, (name) => syncName(deps, row, { name, signal, isForced: true }), { concurrency: requestsAtOnce, signal })
  // kept last: a search that was interrupted, or had more names than one may ask for, begins again where it was
  await database.write((tx) => {
    if (names.length === wanted.length) putFile(tx, row.id, { path: namesPath, ...text.file })
    noteAnswer(tx, row.id, { now: clock.now() })
  })
}

interface NameRequest {
  readonly name: PackageName
  readonly signal: AbortSignal
  readonly isForced?: boolean
}

async function syncName(
  deps: SyncDeps & { readonly options: RegistryOptions },
  row: RegistryRow,
  { name, signal, isForced = false }: NameRequest,
): Promise<void> {
  const { database, options, clock } = deps
  const path = indexPath(name)
  const known = getFile(database, row.id, path)
  if (!isForced && known !== undefined && isYoung(known, clock.now(), options)) return
  const found = await fetchText(deps, row, { path, maxBytes: options.maxIndexBytes, signal, isWhole: false })
  if ('status' in found && found.status === 'same') return
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
}

const nothing: JudgedLines = { lines: [], refused: 0 }

async function syncMembers(deps: SyncDeps & { readonly options: RegistryOptions }, row: RegistryRow, signal: AbortSignal): Promise<void> {
  const { database, options, clock } = deps
  const known = getFile(database, row.id, membersPath)
  if (known !== undefined && isYoung(known, clock.now(), options)) return
  const found = await fetchText(deps, row, { path: membersPath, maxBytes: options.maxListBytes, signal, isWhole: false })
  if ('status' in found) return
  const judged = judgeMembers(found.body, row)
  warnRefused(deps, row, { path: membersPath, judged })
  await database.write((tx) => {
    const isNew = takeLines(tx, row, { name: '', lines: judged.lines })
    putFile(tx, row.id, { path: membersPath, ...found.file })
    if (isNew && row.genesis !== undefined) indexEverything(tx, { row, membership: readMembership(tx, row, row.genesis) }, deps)
  })
}

interface TextRequest {
  readonly path: string
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** Whether the validators are kept by who asked, after all that follows was done. */
  readonly isWhole: boolean
}

type FoundText = { readonly status: 'same' | 'missing' } | { readonly body: string; readonly file: FileRow }

/** A file of a registry, if it is another than the one that is known; that it is the same is noted with the time. */
async function fetchText(
  { database, clock, options }: SyncDeps & { readonly options: RegistryOptions },
  row: RegistryRow,
  { path, maxBytes, signal }: TextRequest,
): Promise<FoundText> {
  const known = getFile(database, row.id, path)
  const validators = { etag: known?.etag, modified: known?.modified }
  const answer = await requestFile({ ...asked(options, row.url, signal), ...validators, path, maxBytes })
  if (answer.status === 'same') {
    if (known !== undefined) await database.writeSoon((tx) => putFile(tx, row.id, { path, ...known, fetchedAt: clock.now() }))
    return { status: 'same' }
  }
  if (answer.status === 'missing') return { status: 'missing' }
  const body = await readAll(answer.body)
  const digest = createHash('sha256').update(body).digest('hex')
  return { body, file: { etag: answer.etag, modified: answer.modified, digest, fetchedAt: clock.now() } }
}

function asked(
  { stallTimeoutMs }: RegistryOptions,
  url: string,
  signal: AbortSignal,
): Pick<Parameters<typeof requestFile>[0], 'url' | 'signal' | 'stallTimeoutMs' | 'etag' | 'modified'> {
  return { url, signal, stallTimeoutMs, etag: undefined, modified: undefined }
}

/** A clock that was set back makes nothing younger than it is. */
function isYoung({ fetchedAt }: FileRow, now: number, { freshMs }: RegistryOptions): boolean {
  return now >= fetchedAt && now - fetchedAt < freshMs
}

function warnRefused({ log }: SyncDeps, row: RegistryRow, { path, judged }: { readonly path: string; readonly judged: JudgedLines }): void {
  if (judged.refused === 0) return
  log.warn(`the registry "${row.name}" says what nobody signed; it was left out`, { path, lines: judged.refused })
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
