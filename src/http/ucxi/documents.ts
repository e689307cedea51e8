import type { JsonObject } from '../../lib/json.ts'
import type { NavigationStep } from '../../ucxl/ucxl.ts'
import { formatInstant } from '../../ucxl/ucxl.ts'
import type { UcxiAnnounced, UcxiEvent, UcxiFound, UcxiPosition, UcxiProvider, UcxiStored, UcxiVersion } from './ucxi.ts'

/** First and past-the-last millisecond that can be written with four digits of a year; a writer's clock may say anything. */
const [firstInstant, endOfInstants] = [-62_167_219_200_000, 253_402_300_800_000]

/** A moment in UTC with milliseconds; null when no calendar has it. */
export function formatMoment(at: number): string | null {
  return at >= firstInstant && at < endOfInstants ? formatInstant(at) : null
}

/** A version as answers show it. */
export function formatVersion(version: UcxiVersion): JsonObject {
  return {
    resource: version.resource,
    address: version.address,
    version: version.version,
    cid: version.cid,
    deleted: version.cid === null,
    contentType: version.mediaType,
    size: version.size,
    metadata: version.metadata,
    writer: version.writer,
    owner: version.owner,
    created: formatMoment(version.at),
    contested: version.isContested,
  }
}

export function formatStored(stored: UcxiStored): JsonObject {
  return { ...formatVersion(stored), status: stored.status, replicas: { ...stored.replicas }, ...sealOf(stored) }
}

function sealOf({ sealed }: UcxiStored): JsonObject {
  return sealed === undefined ? {} : { sealed: { recipients: sealed.recipients, unreachable: [...sealed.unreachable] } }
}

export function formatPosition({ first, last, knownUntil }: UcxiPosition): JsonObject {
  return { first, last, knownUntil: formatMoment(knownUntil) }
}

export function formatFound({ resource, first, last, newest, providers }: UcxiFound): JsonObject {
  return { resource, first, last, newest: formatVersion(newest), providers: providers.map(formatProvider) }
}

function formatProvider({ node, by, expiresAt }: UcxiProvider): JsonObject {
  return { node, by, expires: expiresAt === undefined ? null : formatMoment(expiresAt) }
}

export function formatAnnounced({ status, version, provider, expiresAt }: UcxiAnnounced): JsonObject {
  return { ...formatVersion(version), status, provider, expires: formatMoment(expiresAt) }
}

export function formatEvent({ version, provider, expiresAt }: UcxiEvent): JsonObject {
  return { ...formatVersion(version), ...(provider === undefined ? {} : { provider, expires: formatMoment(expiresAt ?? 0) }) }
}

export function formatStep({ from, to, operation, at, succeeded, error }: NavigationStep): JsonObject {
  return { from, to, operation, at: formatMoment(at), succeeded, ...(error === undefined ? {} : { error }) }
}
