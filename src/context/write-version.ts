import { failpoint } from '../lib/failpoint.ts'
import type { Fault } from '../lib/fault.ts'
import type { Address } from '../ucxl/ucxl.ts'
import { formatAddress, formatResource, isConcrete } from '../ucxl/ucxl.ts'
import type { Condition, ContextDeps, ContextOptions, Metadata, PutRequest, Version } from './context.ts'
import { contextFaults } from './faults.ts'
import { needWriter } from './need-writer.ts'
import { chooseKept } from './rules/choose-kept.ts'
import { isSealName } from './rules/seal-marks.ts'
import { keepText } from './text-table.ts'
import type { VersionRecord } from './version.ts'
import { formatVersion, isMediaType, maxMetadataNames, maxMetadataTotal, parseMetadata, versionKind } from './version.ts'
import type { Resource } from './version-table.ts'
import { findVersionSince, getResource, readVersions } from './version-table.ts'

/** What a version says beside its number. */
export interface Draft extends Pick<VersionRecord, 'cid' | 'mediaType' | 'size' | 'metadata'> {
  readonly address: Address
  readonly condition: Condition | undefined
  /** Of the content, for the search. */
  readonly text: string | undefined
}

export interface Written {
  readonly status: 'created' | 'updated' | 'deleted' | 'unchanged'
  readonly version: Version
}

/** What every write is asked before a byte of it is read. @throws Fault ADDRESS_NOT_CONCRETE, METADATA_INVALID, NODE_REVOKED, WRITER_DENIED, WRITER_ELSEWHERE, WRITER_BEHIND */
export function needWritable({ hive, database }: ContextDeps, address: Address, said?: Pick<PutRequest, 'mediaType' | 'metadata'>): void {
  if (!isConcrete(address)) {
    const given = formatAddress(address)
    throw contextFaults.create('ADDRESS_NOT_CONCRETE', {
      message: `${given} names more than one thing or a moment; what is written has four names without "any", and no temporal segment but "*^"`,
      data: { address: given },
    })
  }
  if (said !== undefined && (!isMediaType(said.mediaType) || parseMetadata(said.metadata) === undefined)) throw invalidMetadata(said)
  if (said !== undefined && Object.keys(said.metadata).some(isSealName)) throw reservedMetadata(said)
  hive.needAdmitted()
  needWriter(database, hive, address.agent)
}

/**
 * What a version says beside its content, with the marks of its seal: each is within bounds, and both must be.
 *
 * @throws Fault METADATA_INVALID
 */
export function joinMetadata(own: Metadata, marks: Metadata = {}): Metadata {
  const joined = parseMetadata({ ...own, ...marks })
  if (joined !== undefined) return joined
  const [names, characters] = [Object.keys(own).length, countCharacters(own)]
  const reason = `sealed, a version says ${Object.keys(marks).length} names and ${countCharacters(marks)} characters of metadata by itself, of ${maxMetadataNames} and ${maxMetadataTotal} in all; got ${names} names and ${characters} characters more: leave some out`
  throw contextFaults.create('METADATA_INVALID', { message: reason, data: { reason } })
}

/**
 * Appends the next version of a resource; the view is updated in the same transaction, which fails whole when the version does not count.
 *
 * Call for one resource at a time. @throws Fault CONDITION_FAILED and those of `needWritable`
 */
export async function writeVersion(deps: ContextDeps, options: ContextOptions, draft: Draft): Promise<Written> {
  const { hive, database, clock } = deps
  const name = formatResource(draft.address)
  const resource = getResource(database, hive.hive, name)
  const newest = resource === undefined ? undefined : readVersions(database, resource, resource.last)
  needCondition(name, newest, draft.condition)
  const [standing] = newest ?? []
  if (standing !== undefined && newest?.length === 1 && isSame(standing, draft)) return { status: 'unchanged', version: standing }
  const next = (resource?.last ?? 0) + 1
  const record: VersionRecord = {
    resource: draft.address,
    version: next,
    cid: draft.cid,
    mediaType: draft.mediaType,
    size: draft.size,
    metadata: draft.metadata,
    previous: standing?.entry ?? null,
    keeps: chooseKept(options, {
      first: resource?.first ?? 1,
      next,
      firstSince: (at) => (resource === undefined ? undefined : findVersionSince(database, resource, at)),
      now: clock.now(),
      newestAt: standing?.at,
    }),
  }
  const box: { version?: Version } = {}
  await hive.journal.append(versionKind, formatVersion(record), {
    within: (tx, entry) => {
      needWriter(tx, hive, draft.address.agent)
      const now = getResource(tx, hive.hive, name)
      const said = now?.last === next ? readVersions(tx, now, next) : []
      const [only] = said
      if (said.length !== 1 || only?.entry !== entry.cid) throw superseded(name, now)
      if (draft.cid !== null && draft.text !== undefined) keepText(tx, draft.cid, draft.text)
      box.version = only
      failpoint('context.commit')
    },
  })
  failpoint('context.appended')
  if (box.version === undefined) throw new Error('the version was appended but is not in the view')
  const isNew = standing === undefined || standing.cid === null
  return { status: draft.cid === null ? 'deleted' : isNew ? 'created' : 'updated', version: box.version }
}

function isSame(standing: Version, draft: Draft): boolean {
  if (standing.cid !== draft.cid || standing.mediaType !== draft.mediaType) return false
  return JSON.stringify(standing.metadata) === JSON.stringify(draft.metadata)
}

function needCondition(resource: string, newest: readonly Version[] | undefined, condition: Condition | undefined): void {
  if (condition === undefined) return
  const cids = (newest ?? []).flatMap(({ cid }) => cid ?? [])
  const holds = condition.is === 'absent' ? cids.length === 0 : cids.length === 1 && cids[0] === condition.cid
  if (holds) return
  const [standing] = newest ?? []
  const found = cids.length === 0 ? 'has no content' : `is version ${standing?.version ?? 0}, ${cids.join(' and ')}`
  const message =
    condition.is === 'absent'
      ? `${resource} exists already: it ${found}; it was to be written only where nothing is`
      : `${resource} ${found}, which is not what was to be replaced; read it, then write again`
  throw contextFaults.create('CONDITION_FAILED', {
    message,
    data: { resource, version: standing?.version ?? 0, cid: cids[0] ?? null },
  })
}

/** Only when the journal took in versions of another node in the moment between. */
function superseded(name: string, now: Resource | undefined): Fault {
  return contextFaults.create('CONDITION_FAILED', {
    message: `${name} got version ${now?.last ?? 0} from another node meanwhile; write again`,
    data: { resource: name, version: now?.last ?? 0, cid: now?.cid ?? null },
  })
}

function countCharacters(metadata: Metadata): number {
  return Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
}

/** What a seal says of itself must be true of it. */
function reservedMetadata({ metadata }: Pick<PutRequest, 'metadata'>): Fault {
  const names = Object.keys(metadata).filter(isSealName).join(', ')
  const reason = `${names}: names that begin with "sealed-" are written by the node that seals; choose others`
  return contextFaults.create('METADATA_INVALID', { message: reason, data: { reason } })
}

function invalidMetadata({ mediaType, metadata }: Pick<PutRequest, 'mediaType' | 'metadata'>): Fault {
  const reason = isMediaType(mediaType)
    ? `metadata has at most 64 names of a–z, 0–9 and hyphen, with values of at most 4096 characters in one line, 32768 in all; got ${Object.keys(metadata).length} names`
    : `a media type is written type/subtype, such as text/markdown; got ${JSON.stringify(mediaType.slice(0, 80))}`
  return contextFaults.create('METADATA_INVALID', { message: reason, data: { reason } })
}
