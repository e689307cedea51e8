import type { JsonObject } from '../../lib/json.ts'
import type { NavigationStep } from '../../ucxl/ucxl.ts'
import { formatInstant } from '../../ucxl/ucxl.ts'
import type { UcxiFound, UcxiPosition, UcxiStored, UcxiVersion } from './ucxi.ts'

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
  return { ...formatVersion(stored), status: stored.status, replicas: { ...stored.replicas } }
}

export function formatPosition({ first, last, knownUntil }: UcxiPosition): JsonObject {
  return { first, last, knownUntil: formatMoment(knownUntil) }
}

export function formatFound({ resource, first, last, newest }: UcxiFound): JsonObject {
  return { resource, first, last, newest: formatVersion(newest) }
}

export function formatStep({ from, to, operation, at, succeeded, error }: NavigationStep): JsonObject {
  return { from, to, operation, at: formatMoment(at), succeeded, ...(error === undefined ? {} : { error }) }
}
