import { openSigningKey, ownerIdOfKey, peerIdOfKey } from '../../identity/keys.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import type { Grant, MemberGrant } from '../grant.ts'
import type { GrantSources } from '../rules/fold-grants.ts'
import { foldGrants } from '../rules/fold-grants.ts'
import type { GrantsState, PlacedGrant } from '../rules/grants-state.ts'

/** Somebody with one machine. */
export interface Person {
  readonly owner: OwnerId
  readonly node: PeerId
}

/** Four people with keys that are the same in every run. */
export const [ada, bob, cy, eve] = [1, 2, 3, 4].map((seed): Person => {
  const key = openSigningKey(new Uint8Array(32).fill(seed)).publicKey
  return { owner: ownerIdOfKey(key), node: peerIdOfKey(key) }
}) as [Person, Person, Person, Person]

/** The hive that signed documents name. */
export const hive = createCid(dagCborCodec, new Uint8Array(1)) as HiveId

/** A grant of membership, of the least there is but for `more`. */
export function member(who: Person, handle: string, more: Partial<MemberGrant> = {}): MemberGrant {
  return { type: 'member', owner: who.owner, handle, level: 'suggestion', roles: [], scopes: [], agents: [], replaces: null, ...more }
}

/** Grants at seq 2, 3, …, as after a certificate. */
export function place(grants: readonly Grant[], salt = 0): readonly PlacedGrant[] {
  return grants.map((grant, index) => ({ grant, incarnation: 1, seq: index + 2, cid: cidOf(salt, index) }))
}

/** The name of an entry; `salt` tells journals apart. */
export function cidOf(salt: number, index: number): PlacedGrant['cid'] {
  return createCid(dagCborCodec, Uint8Array.of(salt, index))
}

/** What journals come to, under ada’s root. */
export function fold(journals: ReadonlyMap<PeerId, readonly PlacedGrant[]>, more: Partial<GrantSources> = {}): GrantsState {
  return foldGrants({
    root: ada,
    grantsOf: (node) => journals.get(node) ?? [],
    handoverOf: () => undefined,
    recoveries: [],
    ...more,
  })
}

/** What grants in ada’s journal come to. */
export function foldOne(...grants: readonly Grant[]): GrantsState {
  return fold(new Map([[ada.node, place(grants)]]))
}
