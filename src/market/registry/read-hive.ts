import type { SignedCertificate } from '../../identity/certificate.ts'
import { parseCertificate } from '../../identity/certificate.ts'
import type { PeerId } from '../../identity/keys.ts'
import { certificateKind, parseDocumentBody } from '../../hive/membership-view.ts'
import { isSigned, maxBodyBytes } from '../../journal/codec.ts'
import type { Entry, HiveId } from '../../journal/entry.ts'
import { listEntries, readEntry } from '../../journal/list-entries.ts'
import { decodeCanonical } from '../../lib/canonical.ts'
import type { Reader } from '../../store/database.ts'
import { parseRelease, releaseKind } from '../release.ts'
import type { PackageName } from '../rules/names.ts'
import { wordKinds } from '../rules/words.ts'
import { parseWord } from '../trust/word.ts'
import type { SignedLine } from './line.ts'
import { memberKinds, packageKinds } from './line.ts'

/** What the journals of a hive say of packages and members, as an export needs it. */
export interface HiveContents {
  /** Where the entries of each name are on this disk, by name. */
  readonly names: ReadonlyMap<PackageName, readonly number[]>
  readonly certificates: ReadonlyMap<PeerId, SignedCertificate>
  readonly members: readonly SignedLine[]
}

/** Reads which entries there are; bodies are looked at one by one and not kept. */
export function readHive(reader: Reader, hive: HiveId): HiveContents {
  const names = new Map<PackageName, number[]>()
  for (const { kind, body, arrival } of listEntries(reader, hive, packageKinds)) {
    const name = nameIn(kind, decodeCanonical(new Uint8Array(body), { maxBytes: maxBodyBytes })?.value)
    if (name === undefined) continue
    const known = names.get(name)
    if (known === undefined) names.set(name, [arrival])
    else known.push(arrival)
  }
  const certificates = new Map<PeerId, SignedCertificate>()
  const members: number[] = []
  for (const { kind, node, body, arrival } of listEntries(reader, hive, memberKinds)) {
    members.push(arrival)
    if (kind !== certificateKind) continue
    const document = parseDocumentBody(decodeCanonical(new Uint8Array(body), { maxBytes: maxBodyBytes })?.value)
    const signed = document && parseCertificate(document)
    const isNewer = signed !== undefined && signed.certificate.serial >= (certificates.get(node)?.certificate.serial ?? 0)
    if (isNewer && signed.certificate.node === node) certificates.set(node, signed)
  }
  return { names, certificates, members: readSigned(reader, members).map((entry) => ({ entry, certificate: undefined })) }
}

/** The lines of one name: its signed entries by nodes whose certificate is known. */
export function readLines(reader: Reader, { certificates }: HiveContents, arrivals: readonly number[]): readonly SignedLine[] {
  return readSigned(reader, arrivals).flatMap((entry) => {
    const certificate = certificates.get(entry.header.node)
    return certificate === undefined ? [] : [{ entry, certificate }]
  })
}

/** An entry that only its chain proves has no place outside of it when its own signature is bad. */
function readSigned(reader: Reader, arrivals: readonly number[]): readonly Entry[] {
  return arrivals.flatMap((arrival) => {
    const entry = readEntry(reader, arrival)
    return entry?.bodyBytes !== undefined && isSigned(entry) ? [entry] : []
  })
}

function nameIn(kind: string, body: unknown): PackageName | undefined {
  if (kind === releaseKind) return parseRelease(body)?.manifest.name
  const word = wordKinds.find((each) => each === kind)
  return word && parseWord(word, body)?.name
}
