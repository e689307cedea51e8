import type { Membership } from '../../hive/membership.ts'
import { isSigned, parseBody } from '../../journal/codec.ts'
import type { Entry, HiveId } from '../../journal/entry.ts'
import { formatAddress } from '../../ucxl/ucxl.ts'
import type { Version } from '../context.ts'
import { addressOf } from '../resource.ts'
import type { VersionRecord } from '../version.ts'
import { parseVersion, versionKind } from '../version.ts'
import { formatResource } from '../../ucxl/ucxl.ts'
import type { Wanted } from './protocol.ts'

/** A version that a member told of, as its writer signed it. */
export interface ToldVersion {
  readonly version: Version
  readonly record: VersionRecord
}

export interface JudgeAnswerDeps {
  readonly hive: HiveId
  readonly membership: Pick<Membership, 'judge' | 'ownerOf' | 'mayWriteAs'>
}

/** The version that an entry says, when it is what was asked for and its signer is who writes as that agent; undefined for anything else. */
export function judgeAnswer(
  { hive, membership }: JudgeAnswerDeps,
  entry: Entry,
  { resource, wanted }: { readonly resource: string; readonly wanted: Wanted },
): ToldVersion | undefined {
  const { header } = entry
  if (header.hive !== hive || header.kind !== versionKind || !isSigned(entry)) return undefined
  const record = parseVersion(parseBody(entry)?.value)
  if (record === undefined || formatResource(record.resource) !== resource || !isWanted(wanted, record.version, header.at)) return undefined
  const owner = membership.ownerOf(header.node)
  const mayWrite = membership.judge(header.node).verdict === 'admitted' && membership.mayWriteAs(header.node, record.resource.agent)
  if (owner === undefined || !mayWrite) return undefined
  const address = formatAddress({ ...addressOf(resource), temporal: { kind: 'specific', version: record.version } })
  const { version, cid, mediaType, size, metadata } = record
  const said = { resource, address, version, cid, mediaType, size, metadata }
  return { record, version: { ...said, entry: entry.cid, writer: header.node, owner, at: header.at, isContested: false } }
}

function isWanted(wanted: Wanted, version: number, at: number): boolean {
  if (wanted.is === 'newest') return true
  return wanted.is === 'number' ? version === wanted.version : at <= wanted.at
}
