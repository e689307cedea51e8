import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import type { MeasuredFile } from './archive/measure.ts'
import type { ManifestDetails } from './manifest/details.ts'
import { hasDetails, noDetails, parseDetailsRecord } from './manifest/details.ts'

/**
 * The canonical list of a package's files, which becomes content that its release names.
 *
 * What a manifest says beside the fields of a release travels here: releases have a fixed set of keys that nodes of every version hold
 * them to, and a list is carried and served by all of them without being read. Without details, the bytes are as they always were.
 */
export function encodeFileList(files: readonly MeasuredFile[], details: ManifestDetails = noDetails): Uint8Array {
  const rows = files.map(({ path, size, isExecutable, digest }) => ({ path, size, isExecutable, digest }))
  return encodeCanonical({ v: 1, files: rows, ...(hasDetails(details) ? { details } : {}) })
}

/** Longest list that is read, in bytes: of the most files, with the longest paths, and the most details. */
export const maxFileListBytes = 8_388_608

/** The details in a list from a peer; none when it has none or says them in another way. Undefined for what is no list. */
export function readDetails(bytes: Uint8Array): ManifestDetails | undefined {
  const value = decodeCanonical(bytes, { maxBytes: maxFileListBytes })?.value
  if (typeof value !== 'object' || value === null || Reflect.get(value, 'v') !== 1) return undefined
  return Object.hasOwn(value, 'details') ? (parseDetailsRecord(Reflect.get(value, 'details')) ?? noDetails) : noDetails
}
