import type { PeerId, SigningKey } from '../../identity/keys.ts'
import { isSignedBy, keyOfPeerId, peerIdOfKey } from '../../identity/keys.ts'
import { readBytes, readCount, readPeerId } from '../../identity/fields.ts'
import type { HiveId } from '../../journal/entry.ts'
import { decodeCanonical, encodeCanonical } from '../../lib/canonical.ts'
import type { Cid } from '../../lib/cid.ts'
import { cidOfLink, linkOfCid } from '../../lib/cid.ts'
import { parseResource } from '../resource.ts'

/** What a member says that it provides. */
export interface AnnouncementSaid {
  /** Canonical form without the temporal segment. */
  readonly resource: string
  readonly version: number
  /** The entry that says the version. */
  readonly entry: Cid
  readonly cid: Cid
  /** The provider's wall time in milliseconds; grows with each announcement, and is compared with its own alone. */
  readonly at: number
  /** How long it is good, in milliseconds, from when it is heard. */
  readonly ttlMs: number
}

/** An announcement under its provider's signature. */
export interface Announcement extends AnnouncementSaid {
  readonly provider: PeerId
  /** Ed25519 over `althing-announce-v1` and the canonical dag-cbor of what is said. */
  readonly signature: Uint8Array
}

/** Announcements in one message at most. */
export const maxAnnouncements = 64
/** Longest message; gossip takes 64 KiB. */
export const maxAnnouncementBytes = 49_152
/** Longest time that an announcement is taken for good, in milliseconds: a day. */
const maxTtlMs = 86_400_000
const announcementDomain = 'althing-announce-v1'
const signatureBytes = 64

/** The topic of announcements in a hive. @see docs/protocols/context.md */
export function announcementTopic(hive: HiveId): string {
  return `/althing/${hive.slice(0, 16)}/context-announce/1`
}

export function signAnnouncement(key: SigningKey, hive: HiveId, said: AnnouncementSaid): Announcement {
  const provider = peerIdOfKey(key.publicKey)
  return { ...said, provider, signature: key.sign(announcementDomain, encodeSaid(hive, { ...said, provider })) }
}

/** Whether the provider named in an announcement signed it, for this hive. */
export function isAnnouncementSigned(hive: HiveId, announcement: Announcement): boolean {
  return isSignedBy(keyOfPeerId(announcement.provider), announcementDomain, encodeSaid(hive, announcement), announcement.signature)
}

/** Announcements as messages, each within the limits. */
export function formatAnnouncements(announcements: readonly Announcement[]): readonly Uint8Array[] {
  const messages: Uint8Array[] = []
  let rows: unknown[] = []
  let bytes = 0
  const flush = (): void => {
    if (rows.length > 0) messages.push(encodeCanonical(rows))
    ;[rows, bytes] = [[], 0]
  }
  for (const announcement of announcements) {
    const row = toRow(announcement)
    const size = encodeCanonical(row).byteLength
    if (rows.length === maxAnnouncements || bytes + size > maxAnnouncementBytes - 16) flush()
    rows.push(row)
    bytes += size
  }
  flush()
  return messages
}

/** Reads a message from a peer; signatures are not looked at. Undefined for what no honest peer sends. */
export function parseAnnouncements(bytes: Uint8Array): readonly Announcement[] | undefined {
  const rows = readList(decodeCanonical(bytes, { maxBytes: maxAnnouncementBytes, maxDepth: 3 })?.value)
  if (rows === undefined || rows.length === 0 || rows.length > maxAnnouncements) return undefined
  const announcements = rows.flatMap((row) => parseRow(row) ?? [])
  return announcements.length === rows.length ? announcements : undefined
}

function toRow({ resource, version, entry, cid, at, ttlMs, provider, signature }: Announcement): readonly unknown[] {
  return [resource, version, linkOfCid(entry), linkOfCid(cid), at, ttlMs, provider, signature]
}

function encodeSaid(hive: HiveId, said: AnnouncementSaid & { readonly provider: PeerId }): Uint8Array {
  const { resource, version, entry, cid, at, ttlMs, provider } = said
  return encodeCanonical([1, linkOfCid(hive), resource, version, linkOfCid(entry), linkOfCid(cid), at, ttlMs, provider])
}

function parseRow(value: unknown): Announcement | undefined {
  const list = readList(value)
  if (list?.length !== 8) return undefined
  const [resource] = list
  const [version, at, ttlMs] = [readCount(list[1]), readCount(list[4]), readCount(list[5])]
  const [entry, cid] = [cidOfLink(list[2]), cidOfLink(list[3])]
  const [provider, signature] = [readPeerId(list[6]), readBytes(list[7], signatureBytes)]
  if (typeof resource !== 'string' || parseResource(resource) === undefined || version === undefined || version < 1) return undefined
  if (at === undefined || ttlMs === undefined || ttlMs > maxTtlMs) return undefined
  if (entry === undefined || cid === undefined || provider === undefined || signature === undefined) return undefined
  return { resource, version, entry, cid, at, ttlMs, provider, signature }
}

function readList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}
