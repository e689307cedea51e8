import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { parseOwnerId } from '../../identity/keys.ts'
import type { KnownGenesis } from '../../hive/genesis.ts'
import { parseGrant } from '../../hive/grant.ts'
import { certificateKind, grantKind, nodeRevocationKind, parseDocumentBody } from '../../hive/membership-view.ts'
import type { Membership } from '../../hive/membership.ts'
import { parseHandover, parseNodeRevocation, parseRootRecovery } from '../../hive/root-documents.ts'
import type { PlacedRecovery } from '../../hive/rules/fold-grants.ts'
import { foldGrants } from '../../hive/rules/fold-grants.ts'
import type { GrantsState, PlacedGrant } from '../../hive/rules/grants-state.ts'
import { fingerprintOf } from '../../hive/rules/handles.ts'
import { chooseCertificate, judgeAdmission } from '../../hive/rules/judge-admission.ts'
import { parseBody } from '../../journal/codec.ts'
import type { Entry, Position } from '../../journal/entry.ts'
import type { Reader } from '../../store/database.ts'
import type { RegistryRow } from './registry-table.ts'
import { listCertificates, listKept } from './registry-table.ts'

/** Who stands behind what a registry says: proven by signed entries, as far as it gave them. */
export interface RegistryMembership extends Pick<Membership, 'handleOf' | 'findOwner' | 'policy' | 'ownerOf' | 'judge'> {}

/** What the genesis, the grants and the certificates that a registry carries come to. A registry can hold some back, and forge none. */
export function readMembership(reader: Reader, { id }: Pick<RegistryRow, 'id'>, genesis: KnownGenesis): RegistryMembership {
  const entries = listKept(reader, id, '').map(({ entry }) => entry)
  const state = foldState(entries, genesis)
  const certificates = listCertificates(reader, id)
  const revocations = listRevocations(entries, genesis)
  const { policy } = genesis.genesis
  const owners = new Set<OwnerId>(state.standings.keys())
  if (state.root !== undefined) owners.add(state.root.owner)
  if (policy === 'open') for (const known of certificates.values()) for (const { certificate } of known) owners.add(certificate.owner)
  const handleOf = (owner: OwnerId): string | undefined => {
    if (policy === 'open') return fingerprintOf(owner)
    return state.standings.get(owner)?.grant.handle ?? (state.root?.owner === owner ? fingerprintOf(owner) : undefined)
  }
  const judge = (node: PeerId): ReturnType<Membership['judge']> => {
    const known = (certificates.get(node) ?? []).map(({ certificate }) => certificate)
    const ownRevocations = (revocations.get(node) ?? []).filter(({ owner }) => known.some((certificate) => certificate.owner === owner))
    return judgeAdmission(policy, state, { node, certificates: known, ownRevocations })
  }
  return {
    policy,
    judge,
    handleOf,
    ownerOf: (node) => {
      const known = (certificates.get(node) ?? []).map(({ certificate }) => certificate)
      const owner = chooseCertificate(policy, state, known)?.owner
      return owner !== undefined && owners.has(owner) ? owner : undefined
    },
    findOwner: (text) => {
      const asOwner = parseOwnerId(text)
      if (asOwner !== undefined) return owners.has(asOwner) ? asOwner : undefined
      return state.handles.get(text) ?? [...owners].find((owner) => policy === 'open' && handleOf(owner) === text)
    },
  }
}

function foldState(entries: readonly Entry[], known: KnownGenesis): GrantsState {
  const grants = Map.groupBy(entries.flatMap(placeGrant), ({ node }) => node)
  const recoveries = [...grants.values()].flat().flatMap(({ node, ...placed }): readonly PlacedRecovery[] => {
    const recovery = placed.grant.type === 'recover' ? parseRootRecovery(placed.grant.document) : undefined
    if (recovery === undefined || recovery.hive !== known.id || recovery.node !== node) return []
    return [{ incarnation: placed.incarnation, seq: placed.seq, recovery }]
  })
  return foldGrants({
    root: known.genesis.root,
    grantsOf: (node) => grants.get(node) ?? [],
    handoverOf: ({ grant }) => {
      const handover = grant.type === 'root' && grant.proof !== null ? parseHandover(grant.proof) : undefined
      return handover?.hive === known.id ? handover : undefined
    },
    recoveries,
  })
}

function placeGrant({ cid, header, ...entry }: Entry): readonly (PlacedGrant & { readonly node: PeerId })[] {
  const grant = header.kind === grantKind ? parseGrant(parseBody(entry)?.value) : undefined
  return grant === undefined ? [] : [{ node: header.node, incarnation: header.incarnation, seq: header.seq, cid, grant }]
}

interface OwnRevocation {
  readonly owner: OwnerId
  readonly last: Position | undefined
}

function listRevocations(entries: readonly Entry[], known: KnownGenesis): ReadonlyMap<PeerId, readonly OwnRevocation[]> {
  const found = entries.flatMap((entry) => {
    const document = entry.header.kind === nodeRevocationKind ? parseDocumentBody(parseBody(entry)?.value) : undefined
    const revocation = document && parseNodeRevocation(document)
    return revocation?.hive === known.id ? [{ node: revocation.node, owner: revocation.signer, last: revocation.last ?? undefined }] : []
  })
  return Map.groupBy(found, ({ node }) => node)
}

/** The certificate that an entry carries of its own author. */
export function readIntroduction({ header, ...entry }: Entry): Uint8Array | undefined {
  return header.kind === certificateKind ? parseDocumentBody(parseBody(entry)?.value) : undefined
}
