import type { Certificate, SignedCertificate } from '../identity/certificate.ts'
import { parseCertificate } from '../identity/certificate.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId, Position } from '../journal/entry.ts'
import { decodeCanonical } from '../lib/canonical.ts'
import type { Cid } from '../lib/cid.ts'
import type { Reader } from '../store/database.ts'
import type { Grant } from './grant.ts'
import { maxDocumentBytes, parseGrant } from './grant.ts'
import { parseHandover, parseRootRecovery } from './root-documents.ts'
import type { GrantSources, PlacedRecovery } from './rules/fold-grants.ts'
import type { PlacedGrant } from './rules/grants-state.ts'
import type { KnownGenesis } from './genesis.ts'

interface GrantRow {
  readonly node: PeerId
  readonly incarnation: number
  readonly seq: number
  readonly cid: Cid
  readonly body: Uint8Array
}

/** Grants kept parsed; a hive with more is slower at each. */
const maxParsed = 16_384
/** Room for a grant as the view stores it. */
const maxStoredGrantBytes = 65_536 + maxDocumentBytes

/** What was parsed before, and signatures checked: a CID names what it says. */
export interface ReadGrants {
  readonly grants: Map<Cid, Grant>
  readonly recoveries: Map<Cid, PlacedRecovery | undefined>
}

/** Nothing read so far. */
export function createReadGrants(): ReadGrants {
  return { grants: new Map(), recoveries: new Map() }
}

/** What `foldGrants` needs, read from the view's tables. */
export function readGrantSources(database: Reader, known: KnownGenesis, read: ReadGrants = createReadGrants()): GrantSources {
  const select = 'select node, incarnation, seq, cid, body from hive_grant where hive = ?'
  return {
    root: known.genesis.root,
    grantsOf: (node) =>
      database
        .all<GrantRow>(`${select} and node = ? order by incarnation, seq`, known.id, node)
        .flatMap((row) => placeGrant(row, read.grants) ?? []),
    handoverOf: ({ grant }) => {
      const handover = grant.type === 'root' && grant.proof !== null ? parseHandover(grant.proof) : undefined
      return handover?.hive === known.id ? handover : undefined
    },
    recoveries: database
      .all<GrantRow>(`${select} and type = 'recover'`, known.id)
      .flatMap((row) => recallRecovery(row, known.id, read) ?? []),
  }
}

/** Certificates of one node that its journal carries, newest of each owner. */
export function readCertificates(database: Reader, hive: HiveId, node: PeerId): readonly SignedCertificate[] {
  const rows = database.all<{ readonly bytes: Uint8Array }>('select bytes from hive_certificate where hive = ? and node = ?', hive, node)
  return rows.flatMap(({ bytes }) => parseCertificate(bytes) ?? [])
}

/** Nodes that have a certificate in their journal. */
export function readCertifiedNodes(database: Reader, hive: HiveId): readonly PeerId[] {
  return database
    .all<{ readonly node: PeerId }>('select distinct node from hive_certificate where hive = ? order by node', hive)
    .map(({ node }) => node)
}

/** Where owners said that a node ends, if they are among those who certified it. */
export function readOwnRevocations(
  database: Reader,
  hive: HiveId,
  certificates: readonly Certificate[],
): readonly { readonly owner: OwnerId; readonly last: Position | undefined }[] {
  return certificates.flatMap(({ node, owner }) => {
    const sql = 'select incarnation, seq from hive_node_revocation where hive = ? and node = ? and owner = ?'
    const last = database.get<Position>(sql, hive, node, owner)
    if (last === undefined) return []
    return [{ owner, last: last.incarnation === 0 ? undefined : { incarnation: last.incarnation, seq: last.seq } }]
  })
}

/** Nodes that any owner revoked. */
export function readRevokedNodes(database: Reader, hive: HiveId): readonly PeerId[] {
  return database
    .all<{ readonly node: PeerId }>('select distinct node from hive_node_revocation where hive = ?', hive)
    .map(({ node }) => node)
}

function placeGrant(row: GrantRow, parsed: Map<Cid, Grant>): PlacedGrant | undefined {
  const grant = parsed.get(row.cid) ?? parseGrant(decodeCanonical(row.body, { maxBytes: maxStoredGrantBytes })?.value)
  if (grant === undefined) return undefined
  if (parsed.size < maxParsed) parsed.set(row.cid, grant)
  return { incarnation: row.incarnation, seq: row.seq, cid: row.cid, grant }
}

function recallRecovery(row: GrantRow, hive: HiveId, { recoveries }: ReadGrants): PlacedRecovery | undefined {
  if (recoveries.has(row.cid)) return recoveries.get(row.cid)
  const placed = placeRecovery(row, hive)
  if (recoveries.size < maxParsed) recoveries.set(row.cid, placed)
  return placed
}

function placeRecovery(row: GrantRow, hive: HiveId): PlacedRecovery | undefined {
  const grant = placeGrant(row, new Map())?.grant
  const recovery = grant?.type === 'recover' ? parseRootRecovery(grant.document) : undefined
  if (recovery === undefined || recovery.hive !== hive || recovery.node !== row.node) return undefined
  return { incarnation: row.incarnation, seq: row.seq, recovery }
}
