import type { Cid } from '../lib/cid.ts'
import { cidOfLink, linkOfCid } from '../lib/cid.ts'
import type { OwnerId } from '../identity/keys.ts'
import { parseOwnerId } from '../identity/keys.ts'
import type { Manifest } from './manifest/manifest.ts'
import { parseManifestRecord } from './manifest/record.ts'
import { readMap, readSafeInteger } from './shape.ts'

/** The kind of a journal entry that publishes one version of one package. */
export const releaseKind = 'release'

/** One version of one package: what the owner says, and by which bytes. Never changes. */
export interface Release {
  readonly owner: OwnerId
  readonly manifest: Manifest
  /** sha2-256 of the uncompressed archive, 32 bytes. */
  readonly digest: Uint8Array
  /** Of the archive, in bytes. */
  readonly size: number
  readonly fileCount: number
  readonly archive: Cid
  /** Content: the canonical list of files with their digests. */
  readonly files: Cid
  /** The entry of the release before this one, by the same owner, as its publisher knew it. */
  readonly previous: Cid | null
}

/** A release as the body of an entry. Its size is held to one body by the journal. */
export function formatRelease(release: Release): ReadonlyMapLike {
  return {
    v: 1,
    owner: release.owner,
    manifest: release.manifest,
    digest: release.digest,
    size: release.size,
    fileCount: release.fileCount,
    archive: linkOfCid(release.archive),
    files: linkOfCid(release.files),
    previous: release.previous === null ? null : linkOfCid(release.previous),
  }
}

/** What dag-cbor encodes as a map. */
export interface ReadonlyMapLike {
  readonly [key: string]: unknown
}

const releaseKeys = ['v', 'owner', 'manifest', 'digest', 'size', 'fileCount', 'archive', 'files', 'previous'] as const

/** Reads a decoded body from a peer: exactly these keys, each in bounds. Undefined for anything else, which leaves the entry inert. */
export function parseRelease(body: unknown): Release | undefined {
  const map = readMap(body, releaseKeys)
  if (map === undefined || map.get('v') !== 1) return undefined
  const owner = map.get('owner')
  const ownerId = typeof owner === 'string' ? parseOwnerId(owner) : undefined
  const manifest = parseManifestRecord(map.get('manifest'))
  const digest = map.get('digest')
  const size = readSafeInteger(map.get('size'))
  const fileCount = readSafeInteger(map.get('fileCount'))
  const [archive, files] = [cidOfLink(map.get('archive')), cidOfLink(map.get('files'))]
  const previous = map.get('previous') === null ? null : cidOfLink(map.get('previous'))
  const isWhole = ownerId !== undefined && manifest !== undefined && archive !== undefined && files !== undefined
  if (!isWhole || size === undefined || fileCount === undefined || previous === undefined) return undefined
  if (!(digest instanceof Uint8Array) || digest.byteLength !== 32 || size === 0) return undefined
  return { owner: ownerId, manifest, digest: new Uint8Array(digest), size, fileCount, archive, files, previous }
}

/** How digests are written for people and in locks. */
export function formatDigest(digest: Uint8Array): string {
  return `sha256:${Buffer.from(digest).toString('hex')}`
}

/** Reads what `formatDigest` wrote; undefined for anything else. */
export function parseDigest(text: string): Uint8Array | undefined {
  return /^sha256:[0-9a-f]{64}$/.test(text) ? new Uint8Array(Buffer.from(text.slice(7), 'hex')) : undefined
}
