import { base58btc } from 'multiformats/bases/base58'
import { concatBytes, encodeText, equalBytes } from '../lib/bytes.ts'
import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import { cidOfDigest, dagCborCodec, digestOfCid, hashBytes } from '../lib/cid.ts'
import { readBytes, readList, readText } from '../identity/fields.ts'
import type { PeerId } from '../identity/keys.ts'
import { keyOfPeerId, peerIdOfKey } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { KnownGenesis } from './genesis.ts'
import { isHiveName, maxGenesisBytes, parseGenesis } from './genesis.ts'

/** What a one-line code says. @see docs/protocols/hive.md §6 */
export interface InviteCode {
  /** `invite` makes an owner a member, `enroll` brings a node under an owner, `open` tells where an open hive is. */
  readonly kind: 'invite' | 'enroll' | 'open'
  readonly hive: HiveId
  readonly name: string
  /** The node that answers it. */
  readonly node: PeerId
  /** Its multiaddrs, without `/p2p/…`. */
  readonly addresses: readonly string[]
  /** 16 bytes that only who has the code knows; none for an open hive. */
  readonly secret: Uint8Array | undefined
  /** For an open hive, which nobody is asked about. */
  readonly genesis: KnownGenesis | undefined
}

export type ParsedCode =
  | { readonly verdict: 'code'; readonly code: InviteCode }
  /** Not a code of ours at all. */
  | { readonly verdict: 'foreign' }
  /** One of ours with characters wrong or missing. */
  | { readonly verdict: 'mistyped' }
  /** Whole, but of a version this program does not know. */
  | { readonly verdict: 'unsupported' }

const prefix = 'althing-'
/** Longest code that is looked at, in characters. */
const maxCodeLength = 2048
/** Bytes of sha2-256 that tell a typo from a code nobody accepts any more. */
const checksumBytes = 4
const version = 1
const kinds = ['invite', 'enroll', 'open'] as const
/** Bytes of an invite's secret: beyond guessing, over a protocol that answers a few tries a minute. */
export const secretBytes = 16
/** Addresses a code carries. */
export const maxCodeAddresses = 6
const maxAddressLength = 200

/** The code as one line. */
export function formatInviteCode(code: InviteCode): string {
  const proof = code.kind === 'open' ? code.genesis?.bytes : code.secret
  if (proof === undefined) throw new RangeError(`a code of kind ${code.kind} needs ${code.kind === 'open' ? 'a genesis' : 'a secret'}`)
  const addresses = code.addresses.slice(0, maxCodeAddresses)
  const document = [version, kinds.indexOf(code.kind), digestOfCid(code.hive), code.name, keyOfPeerId(code.node), proof, addresses]
  const bytes = encodeCanonical(document)
  return prefix + base58btc.baseEncode(concatBytes([bytes, checksumOf(bytes)]))
}

/** Reads a code as somebody typed or pasted it: spaces and line breaks within are taken out. */
export function parseInviteCode(text: string): ParsedCode {
  if (text.length > maxCodeLength * 2) return { verdict: 'foreign' }
  const line = text.replaceAll(/\s+/g, '')
  if (!line.startsWith(prefix) || line.length > maxCodeLength) return { verdict: 'foreign' }
  const bytes = decodeChecked(line.slice(prefix.length))
  if (bytes === undefined) return { verdict: 'mistyped' }
  const code = readCode(decodeCanonical(bytes, { maxBytes: maxCodeLength, maxDepth: 3 })?.value)
  return code === undefined ? { verdict: 'unsupported' } : { verdict: 'code', code }
}

function decodeChecked(encoded: string): Uint8Array | undefined {
  try {
    const all = base58btc.baseDecode(encoded)
    const bytes = all.slice(0, -checksumBytes)
    return equalBytes(all.slice(-checksumBytes), checksumOf(bytes)) ? bytes : undefined
  } catch {
    return undefined
  }
}

function readCode(value: unknown): InviteCode | undefined {
  if (!Array.isArray(value) || value.length !== 7 || value[0] !== version) return undefined
  const parts: readonly unknown[] = value
  const kind = kinds.find((_, index) => index === parts[1])
  const digest = readBytes(parts[2], 32)
  const name = parts[3]
  const key = readBytes(parts[4], 32)
  const addresses = readList(parts[6], maxCodeAddresses, (address) => readText(address, maxAddressLength))
  if (kind === undefined || digest === undefined || typeof name !== 'string' || !isHiveName(name) || key === undefined) return undefined
  if (addresses === undefined) return undefined
  const base = { kind, hive: cidOfDigest(dagCborCodec, digest) as HiveId, name, node: peerIdOfKey(key), addresses }
  if (kind !== 'open') {
    const secret = readBytes(parts[5], secretBytes)
    return secret === undefined ? undefined : { ...base, secret, genesis: undefined }
  }
  const genesis = parts[5] instanceof Uint8Array && parts[5].byteLength <= maxGenesisBytes ? parseGenesis(parts[5]) : undefined
  return genesis?.id === base.hive && genesis.genesis.policy === 'open' ? { ...base, secret: undefined, genesis } : undefined
}

function checksumOf(bytes: Uint8Array): Uint8Array {
  return hashBytes(concatBytes([encodeText('althing-code'), bytes])).slice(0, checksumBytes)
}
