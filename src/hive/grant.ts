import type { CID } from 'multiformats/cid'
import type { Cid } from '../lib/cid.ts'
import { cidOfLink, linkOfCid } from '../lib/cid.ts'
import { isName } from '../identity/certificate.ts'
import { readCount, readList, readMap, readOwnerId, readPeerId } from '../identity/fields.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { Level } from './membership.ts'
import { isHandle } from './rules/handles.ts'
import { parseLevel } from './rules/levels.ts'
import { isScope } from './rules/scopes.ts'

/** Place of an entry in one author's journal. */
export interface NodePosition {
  readonly node: PeerId
  readonly incarnation: number
  readonly seq: number
}

export interface MemberGrant {
  readonly type: 'member'
  readonly owner: OwnerId
  readonly handle: string
  readonly level: Level
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly agents: readonly string[]
  /** The revoked owner whose handle this one takes over, after a change of owner key. */
  readonly replaces: OwnerId | null
}

export interface RevokeGrant {
  readonly type: 'revoke'
  readonly subject: { readonly owner: OwnerId } | { readonly node: PeerId }
  /** Last admitted entry per node; of a node not named here nothing is admitted. */
  readonly last: readonly NodePosition[]
}

/** The root's word on the members of its hive: the body of a record of kind `grant`. @see docs/protocols/hive.md §3 */
export type Grant =
  | MemberGrant
  | RevokeGrant
  | { readonly type: 'name'; readonly agent: string; readonly owner: OwnerId }
  /** Hands the root on. To another owner only with that owner's predecessor's signature: `proof` is a `handover` document. */
  | { readonly type: 'root'; readonly owner: OwnerId; readonly node: PeerId; readonly proof: Uint8Array | null }
  /** First grant of a new root: takes over after the entry that handed it on, so that nothing written before counts. */
  | { readonly type: 'accept'; readonly handover: Cid }
  /** First grant of a root that takes over from a machine that died: a `root-recovery` document. */
  | { readonly type: 'recover'; readonly document: Uint8Array }

const maxRoles = 16
const maxScopes = 64
const maxAgents = 32
/** Nodes one revocation can name; of an owner's others nothing is admitted. */
export const maxPositions = 256
/** Longest signed document inside a grant. */
export const maxDocumentBytes = 16_384

/** Reads a grant from a record's decoded body; undefined for what is none, which is then inert. */
export function parseGrant(body: unknown): Grant | undefined {
  const type =
    typeof body === 'object' && body !== null && Object.hasOwn(body, 'type') ? (body as { readonly type: unknown }).type : undefined
  switch (type) {
    case 'member':
      return parseMember(body)
    case 'revoke':
      return parseRevoke(body)
    case 'name':
      return parseName(body)
    case 'root':
      return parseRoot(body)
    case 'accept':
      return parseAccept(body)
    case 'recover':
      return parseRecover(body)
    default:
      return undefined
  }
}

/** The body of a record that carries a grant. */
export function formatGrant(grant: Grant): Readonly<Record<string, unknown>> {
  if (grant.type === 'accept') return { type: 'accept', handover: linkOfCid(grant.handover) satisfies CID }
  if (grant.type !== 'revoke') return { ...grant }
  const { subject, last } = grant
  return { type: 'revoke', owner: 'owner' in subject ? subject.owner : null, node: 'node' in subject ? subject.node : null, last }
}

/** Reads `{node, incarnation, seq}`. */
export function readPosition(value: unknown): NodePosition | undefined {
  const map = readMap(value, ['node', 'incarnation', 'seq'])
  const node = readPeerId(map?.get('node'))
  const incarnation = readCount(map?.get('incarnation'))
  const seq = readCount(map?.get('seq'))
  return node === undefined || incarnation === undefined || seq === undefined ? undefined : { node, incarnation, seq }
}

/** Reads a list of positions with each node at most once. */
export function readPositions(value: unknown, max: number): readonly NodePosition[] | undefined {
  const positions = readList(value, max, readPosition)
  return positions !== undefined && new Set(positions.map(({ node }) => node)).size === positions.length ? positions : undefined
}

function parseMember(body: unknown): Grant | undefined {
  const map = readMap(body, ['type', 'owner', 'handle', 'level', 'roles', 'scopes', 'agents', 'replaces'])
  if (map === undefined) return undefined
  const owner = readOwnerId(map.get('owner'))
  const handle = map.get('handle')
  const level = parseLevel(map.get('level'))
  const roles = readList(map.get('roles'), maxRoles, readName)
  const scopes = readList(map.get('scopes'), maxScopes, (value) => (typeof value === 'string' && isScope(value) ? value : undefined))
  const agents = readList(map.get('agents'), maxAgents, readName)
  const replaces = map.get('replaces') === null ? null : readOwnerId(map.get('replaces'))
  if (owner === undefined || typeof handle !== 'string' || !isHandle(handle) || level === undefined) return undefined
  if (roles === undefined || scopes === undefined || agents === undefined || replaces === undefined) return undefined
  return { type: 'member', owner, handle, level, roles, scopes, agents, replaces }
}

function parseRevoke(body: unknown): Grant | undefined {
  const map = readMap(body, ['type', 'owner', 'node', 'last'])
  if (map === undefined) return undefined
  const last = readPositions(map.get('last'), maxPositions)
  const owner = readOwnerId(map.get('owner'))
  const node = readPeerId(map.get('node'))
  if (last === undefined) return undefined
  if (owner !== undefined && map.get('node') === null) return { type: 'revoke', subject: { owner }, last }
  if (node !== undefined && map.get('owner') === null) return { type: 'revoke', subject: { node }, last }
  return undefined
}

function parseName(body: unknown): Grant | undefined {
  const map = readMap(body, ['type', 'agent', 'owner'])
  const agent = readName(map?.get('agent'))
  const owner = readOwnerId(map?.get('owner'))
  return agent === undefined || owner === undefined ? undefined : { type: 'name', agent, owner }
}

function parseRoot(body: unknown): Grant | undefined {
  const map = readMap(body, ['type', 'owner', 'node', 'proof'])
  const owner = readOwnerId(map?.get('owner'))
  const node = readPeerId(map?.get('node'))
  const proof = map?.get('proof') === null ? null : readDocument(map?.get('proof'))
  return owner === undefined || node === undefined || proof === undefined ? undefined : { type: 'root', owner, node, proof }
}

function parseAccept(body: unknown): Grant | undefined {
  const handover = cidOfLink(readMap(body, ['type', 'handover'])?.get('handover'))
  return handover === undefined ? undefined : { type: 'accept', handover }
}

function parseRecover(body: unknown): Grant | undefined {
  const document = readDocument(readMap(body, ['type', 'document'])?.get('document'))
  return document === undefined ? undefined : { type: 'recover', document }
}

function readDocument(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array && value.byteLength <= maxDocumentBytes ? value : undefined
}

function readName(value: unknown): string | undefined {
  return typeof value === 'string' && isName(value) ? value : undefined
}
