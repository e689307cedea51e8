import type { Fault } from '../lib/fault.ts'
import { equalBytes } from '../lib/bytes.ts'
import { encodeCanonical } from '../lib/canonical.ts'
import { createCid, dagCborCodec, parseCid } from '../lib/cid.ts'
import { parseBody } from '../journal/codec.ts'
import type { Entry } from '../journal/entry.ts'
import type { Database, Transaction } from '../store/database.ts'
import { storeFaults } from '../store/faults.ts'
import { indexViewName } from './index-view.ts'
import type { MarketHive } from './market.ts'
import type { IndexedRelease } from './package-index.ts'
import { parseRelease } from './release.ts'
import { resolvePackage } from './resolve.ts'
import { homeOf } from './sources.ts'

/**
 * The release that a reference means, as its owner signed it: the index only finds it.
 *
 * A row that is not what its entry says was damaged on this disk; the index is then built anew at the next start.
 *
 * @throws Fault of `resolvePackage`, STORE_CORRUPT
 */
export async function resolveSigned(deps: { readonly database: Database }, hive: MarketHive, text: string): Promise<IndexedRelease> {
  return requireSigned(deps, hive, { release: resolvePackage(deps.database, hive, text), reference: text })
}

export interface SignedRequest {
  /** As the index has it; undefined when its row cannot be read. */
  readonly release: IndexedRelease | undefined
  /** What people call it, for the message. */
  readonly reference: string
}

/** The release itself, when it is what its owner signed. @throws Fault STORE_CORRUPT */
export async function requireSigned(
  deps: { readonly database: Database },
  hive: MarketHive,
  { release, reference }: SignedRequest,
): Promise<IndexedRelease> {
  if (release !== undefined && isAsSigned(hive, release)) return release
  const isFindable = release !== undefined && parseCid(release.entry) !== undefined
  await deps.database.write((tx) => noteDamage(tx, isFindable ? homeOf(hive, release.entry) : hive))
  throw damagedIndex(reference)
}

function noteDamage(tx: Transaction, { hive }: MarketHive): void {
  tx.run('update view set fault = ? where hive = ? and name = ?', 'a row was damaged', hive, indexViewName)
  // of a registry: no view, and made anew by the next question
  tx.run('update registry set view_version = 0 where hive = ?', hive)
}

function isAsSigned(hive: MarketHive, release: IndexedRelease): boolean {
  const entry = parseCid(release.entry) === undefined ? undefined : homeOf(hive, release.entry).journal.find(release.entry)
  if (entry === undefined || !isWhole(entry)) return false
  const signed = parseRelease(parseBody(entry)?.value)
  if (signed === undefined || entry.header.node !== release.node) return false
  return (
    signed.owner === release.owner &&
    signed.manifest.name === release.name &&
    signed.manifest.version === release.version &&
    equalBytes(encodeCanonical(signed.manifest), encodeCanonical(release.manifest)) &&
    equalBytes(signed.digest, release.digest) &&
    signed.size === release.size &&
    signed.fileCount === release.fileCount &&
    signed.archive === release.archive
  )
}

/** Its signature was checked when it came; its name and its body's name say whether it still is what came. */
function isWhole({ cid, header, headerBytes, bodyBytes }: Entry): boolean {
  return bodyBytes !== undefined && createCid(dagCborCodec, headerBytes) === cid && createCid(dagCborCodec, bodyBytes) === header.bodyCid
}

function damagedIndex(reference: string): Fault {
  return storeFaults.create('STORE_CORRUPT', {
    message: `what this disk says of ${reference} is not what its owner signed: the index was damaged. It is built anew at the next start: run \`althing p2p stop\` if a node runs, then install again; and check the disk.`,
    data: { reference },
  })
}
