import { createCid, dagCborCodec } from '../lib/cid.ts'
import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import { readBytes, readMap, readOwnerId, readPeerId } from '../identity/fields.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'

/** Whose word counts in a closed hive: the node in whose journal the grants stand, and its owner. */
export interface Root {
  readonly owner: OwnerId
  readonly node: PeerId
}

/** What a hive is, once and for all. Its id is the CID of these bytes. @see docs/protocols/hive.md §1 */
export interface Genesis {
  /** 1–32 of `[a-z0-9-]`; a word for people, not unique. */
  readonly name: string
  /** Null exactly in open hives. */
  readonly root: Root | null
  readonly policy: 'closed' | 'open'
  /** 16 bytes, so that two hives of one name by one root differ. */
  readonly nonce: Uint8Array
}

/** A genesis with the bytes that are its id. */
export interface KnownGenesis {
  readonly id: HiveId
  readonly genesis: Genesis
  readonly bytes: Uint8Array
}

/** Longest genesis that is looked at. */
export const maxGenesisBytes = 512
const nonceBytes = 16

/** The genesis of a new hive. @throws RangeError for what `parseGenesis` would refuse */
export function createGenesis(genesis: Genesis): KnownGenesis {
  const known = parseGenesis(encodeCanonical({ v: 1, ...genesis }))
  if (known === undefined)
    throw new RangeError('a genesis has a name of 1 to 32 [a-z0-9-], a root exactly when closed, and 16 bytes of nonce')
  return known
}

/** Reads a genesis from outside; undefined unless canonical and within the rules. */
export function parseGenesis(bytes: Uint8Array): KnownGenesis | undefined {
  const map = readMap(decodeCanonical(bytes, { maxBytes: maxGenesisBytes })?.value, ['v', 'name', 'root', 'policy', 'nonce'])
  if (map === undefined || map.get('v') !== 1) return undefined
  const name = map.get('name')
  const policy = map.get('policy')
  const root = readRoot(map.get('root'))
  const nonce = readBytes(map.get('nonce'), nonceBytes)
  if (typeof name !== 'string' || !isHiveName(name) || root === undefined || nonce === undefined) return undefined
  if (policy !== 'closed' && policy !== 'open') return undefined
  if ((policy === 'open') !== (root === null)) return undefined
  return { id: createCid(dagCborCodec, bytes) as HiveId, genesis: { name, root, policy, nonce }, bytes }
}

/** Whether a text may name a hive. Never one that reads as an option: names are typed as arguments. */
export function isHiveName(text: string): boolean {
  return text.length <= 32 && /^[a-z0-9-]+$/.test(text) && !text.startsWith('-') && !text.endsWith('-')
}

/** The part of a hive's id that stands in protocol names.. */
export function shortHiveId(id: HiveId): string {
  return id.slice(0, 16)
}

/** The one hive everybody may join: open, without a root. Its nonce is the name's own bytes, so that nothing is hidden in it. */
export const commons: KnownGenesis = createGenesis({
  name: 'commons',
  root: null,
  policy: 'open',
  nonce: Uint8Array.from('althing/commons1', (character) => character.charCodeAt(0)),
})

function readRoot(value: unknown): Root | null | undefined {
  if (value === null) return null
  const map = readMap(value, ['owner', 'node'])
  const owner = readOwnerId(map?.get('owner'))
  const node = readPeerId(map?.get('node'))
  return owner === undefined || node === undefined ? undefined : { owner, node }
}
