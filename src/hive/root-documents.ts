import { linkOfCid, cidOfLink } from '../lib/cid.ts'
import { readCount, readList, readMap, readOwnerId, readPeerId } from '../identity/fields.ts'
import type { OwnerId, PeerId, SigningKey } from '../identity/keys.ts'
import { ownerIdOfKey } from '../identity/keys.ts'
import { openDocument, signDocument } from '../identity/signed.ts'
import type { HiveId } from '../journal/entry.ts'
import type { NodePosition } from './grant.ts'
import { maxDocumentBytes, readPosition } from './grant.ts'

/** A root owner's word that another owner's node is root from now on. */
export interface Handover {
  readonly hive: HiveId
  readonly owner: OwnerId
  readonly node: PeerId
}

/** A root owner's word on where grants stand, after the machine that wrote them died or its key was stolen. */
export interface RootRecovery {
  readonly hive: HiveId
  /** Of several recoveries the highest counts. */
  readonly serial: number
  /** Every journal that carried grants so far, in order, each up to its last kept entry. */
  readonly kept: readonly NodePosition[]
  /** The node that is root from now on; the document stands in its journal. */
  readonly node: PeerId
}

/** An owner's word that one of its node keys is stolen or retired. */
export interface NodeRevocation {
  readonly hive: HiveId
  readonly node: PeerId
  /** Last admitted entry; null admits nothing. */
  readonly last: NodePosition | null
}

/** Journals a recovery can name. */
const maxKept = 64

/** Signs a handing on of the root to another owner. */
export function signHandover(owner: SigningKey, handover: Handover): Uint8Array {
  return signDocument(owner, 'handover', { ...handover, hive: linkOfCid(handover.hive) })
}

/** Reads a handover document with its signer. */
export function parseHandover(bytes: Uint8Array): (Handover & { readonly signer: OwnerId }) | undefined {
  const opened = openFields('handover', bytes, ['hive', 'owner', 'node'])
  const owner = readOwnerId(opened?.map.get('owner'))
  const node = readPeerId(opened?.map.get('node'))
  return opened === undefined || owner === undefined || node === undefined ? undefined : { ...opened.base, owner, node }
}

/** Signs a recovery with the key of the root's owner. */
export function signRootRecovery(owner: SigningKey, recovery: RootRecovery): Uint8Array {
  return signDocument(owner, 'root-recovery', { ...recovery, hive: linkOfCid(recovery.hive) })
}

/** Reads a recovery document with its signer. */
export function parseRootRecovery(bytes: Uint8Array): (RootRecovery & { readonly signer: OwnerId }) | undefined {
  const opened = openFields('root-recovery', bytes, ['hive', 'serial', 'kept', 'node'])
  const serial = readCount(opened?.map.get('serial'))
  // a root may have come back to a node, so one may stand here twice
  const kept = readList(opened?.map.get('kept'), maxKept, readPosition)
  const node = readPeerId(opened?.map.get('node'))
  if (opened === undefined || serial === undefined || kept === undefined || kept.length === 0 || node === undefined) return undefined
  return { ...opened.base, serial, kept, node }
}

/** Signs a revocation of one of the owner's own nodes. */
export function signNodeRevocation(owner: SigningKey, revocation: NodeRevocation): Uint8Array {
  return signDocument(owner, 'node-revocation', { ...revocation, hive: linkOfCid(revocation.hive) })
}

/** Reads a node revocation with its signer. */
export function parseNodeRevocation(bytes: Uint8Array): (NodeRevocation & { readonly signer: OwnerId }) | undefined {
  const opened = openFields('node-revocation', bytes, ['hive', 'node', 'last'])
  const node = readPeerId(opened?.map.get('node'))
  const last = opened?.map.get('last') === null ? null : readPosition(opened?.map.get('last'))
  if (opened === undefined || node === undefined || last === undefined || (last !== null && last.node !== node)) return undefined
  return { ...opened.base, node, last }
}

interface OpenedFields {
  readonly map: ReadonlyMap<string, unknown>
  readonly base: { readonly hive: HiveId; readonly signer: OwnerId }
}

function openFields(document: string, bytes: Uint8Array, keys: readonly string[]): OpenedFields | undefined {
  const opened = openDocument(document, bytes, { maxBytes: maxDocumentBytes })
  const map = opened === undefined ? undefined : readMap(opened.value, keys)
  const hive = cidOfLink(map?.get('hive'))
  if (opened === undefined || map === undefined || hive === undefined) return undefined
  return { map, base: { hive: hive as HiveId, signer: ownerIdOfKey(opened.publicKey) } }
}
