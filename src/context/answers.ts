import { formatInstant } from '../ucxl/ucxl.ts'
import type { FoundResource, Metadata, Page, StoredVersion, Version } from './context.ts'

/** A version as answers have it. */
export interface VersionAnswer extends Pick<Version, 'resource' | 'address' | 'version' | 'mediaType' | 'size' | 'isContested'> {
  readonly cid: string | null
  readonly metadata: Record<string, string>
  readonly entry: string
  readonly writer: string
  readonly owner: string
  readonly at: string
}

export function answerOf(version: Version): VersionAnswer {
  const { resource, address, cid, mediaType, size, metadata, entry, writer, owner, at, isContested } = version
  return {
    resource,
    address,
    version: version.version,
    cid,
    mediaType,
    size,
    metadata: copyOf(metadata),
    entry,
    writer,
    owner,
    at: formatInstant(at),
    isContested,
  }
}

export function storedOf(
  stored: StoredVersion,
  { isTransient }: { readonly isTransient: boolean },
): VersionAnswer & Pick<StoredVersion, 'status' | 'replicas'> & { readonly leaving: boolean } {
  return { ...answerOf(stored), status: stored.status, replicas: stored.replicas, leaving: isTransient }
}

export function foundOf({ items, cursor }: Page<FoundResource>): {
  items: { resource: string; first: number; last: number; newest: VersionAnswer }[]
  cursor: string | null
} {
  return {
    items: items.map(({ resource, first, last, newest }) => ({ resource, first, last, newest: answerOf(newest) })),
    cursor: cursor ?? null,
  }
}

function copyOf(metadata: Metadata): Record<string, string> {
  return { ...metadata }
}
