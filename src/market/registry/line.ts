import type { SignedCertificate } from '../../identity/certificate.ts'
import { parseCertificate } from '../../identity/certificate.ts'
import { maxBodyBytes, maxHeaderBytes, isSigned, parseBody, parseWire } from '../../journal/codec.ts'
import type { Entry } from '../../journal/entry.ts'
import { certificateKind, grantKind, nodeRevocationKind } from '../../hive/membership-view.ts'
import { formatDigest, parseRelease, releaseKind } from '../release.ts'
import type { PackageName } from '../rules/names.ts'
import { wordKinds } from '../rules/words.ts'
import { parseWord } from '../trust/word.ts'

/** One line of a registry: a signed entry, and the certificate of the node that signed it. */
export interface SignedLine {
  readonly entry: Entry
  /** Undefined in what is said of members: there certificates are entries of their own. */
  readonly certificate: SignedCertificate | undefined
}

/** What entries a registry carries of a package, and of members. */
export const packageKinds: readonly string[] = [releaseKind, ...wordKinds]
export const memberKinds: readonly string[] = [certificateKind, grantKind, nodeRevocationKind]

/** Longest certificate: payload, signature and key in one document. */
const maxCertificateBytes = 8_192
/** Longest line in characters: header, signature, body and certificate in base64, and what is there for people. */
export const maxLine = Math.ceil(((maxHeaderBytes + 64 + maxBodyBytes + maxCertificateBytes) * 4) / 3) + 4_096

/** A line as text, without a line end. What stands before the signed bytes is for people and for other programs; nobody believes it. */
export function formatLine({ entry, certificate }: SignedLine): string {
  const signed = {
    kind: entry.header.kind,
    header: toBase64(entry.headerBytes),
    signature: toBase64(entry.signature),
    body: toBase64(entry.bodyBytes ?? new Uint8Array()),
  }
  return JSON.stringify({ ...describe(entry), ...signed, ...(certificate && { certificate: toBase64(certificate.bytes) }) })
}

/**
 * Reads a line: an entry with its author's signature, by a node that the certificate is of. Undefined for anything else.
 *
 * Whether its author's word counts is for the membership of the hive to say.
 */
export function parseLine(text: string): SignedLine | undefined {
  const fields = text.length > maxLine ? undefined : parseJson(text)
  if (fields === undefined) return undefined
  const [header, signature, body] = ['header', 'signature', 'body'].map((key) => fromBase64(fields.get(key)))
  const entry = parseWire([header, signature, body])
  if (entry === undefined || !isSigned(entry)) return undefined
  const bytes = fields.has('certificate') ? fromBase64(fields.get('certificate')) : null
  if (bytes === null) return { entry, certificate: undefined }
  const certificate = bytes === undefined ? undefined : parseCertificate(bytes)
  return certificate?.certificate.node === entry.header.node ? { entry, certificate } : undefined
}

/** The package that an entry is about; undefined for one that is about none. */
export function packageOf(entry: Entry): { readonly name: PackageName; readonly owner: string } | undefined {
  const body = parseBody(entry)?.value
  if (entry.header.kind === releaseKind) {
    const release = parseRelease(body)
    return release && { name: release.manifest.name, owner: release.owner }
  }
  const kind = wordKinds.find((each) => each === entry.header.kind)
  const word = kind && parseWord(kind, body)
  return word && { name: word.name, owner: word.owner }
}

function describe(entry: Entry): Readonly<Record<string, string | number>> {
  const about = packageOf(entry)
  const release = entry.header.kind === releaseKind ? parseRelease(parseBody(entry)?.value) : undefined
  if (release === undefined) return about === undefined ? {} : { name: about.name, owner: about.owner }
  const { manifest, digest, size } = release
  return { name: manifest.name, owner: release.owner, version: manifest.version, digest: formatDigest(digest), size }
}

/** A JSON object as a map; undefined for anything else. */
export function parseJson(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : undefined
  } catch {
    return undefined
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** Bytes in canonical base64. */
export function fromBase64(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64') === value ? new Uint8Array(bytes) : undefined
}
