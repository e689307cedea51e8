import { equalBytes } from '../lib/bytes.ts'
import { readCount, readList, readMap, readOwnerId, readPeerId, readText } from './fields.ts'
import type { OwnerId, PeerId, SigningKey } from './keys.ts'
import { keyOfOwnerId, ownerIdOfKey } from './keys.ts'
import { openDocument, signDocument } from './signed.ts'

/** An owner's word that a node acts for it. @see docs/protocols/identity.md §3 */
export interface Certificate {
  readonly owner: OwnerId
  readonly node: PeerId
  /** For people: `workbench`. At most 64 characters. */
  readonly label: string
  /** Agent names this node may write as. At most 32. */
  readonly agents: readonly string[]
  /** Role presets of this node. At most 16. */
  readonly roles: readonly string[]
  /** Wall time of the owner's machine in milliseconds. */
  readonly notBefore: number
  readonly notAfter: number | undefined
  /** Of two certificates of one owner for one node the higher counts. */
  readonly serial: number
}

/** A certificate with the bytes that prove it. */
export interface SignedCertificate {
  readonly certificate: Certificate
  readonly bytes: Uint8Array
}

/** What a certificate may be long, in bytes of payload; 32 agents and 16 roles of full length fit. */
const maxCertificateBytes = 4096
const maxLabelLength = 64
/** Agent names and roles that one certificate holds. */
export const maxAgents = 32
export const maxRoles = 16
/** 1–64 of `[a-z0-9-]`, for agent names and roles. */
const maxNameLength = 64

/**
 * How far two machines' clocks may stand apart before a validity window matters: two machines each an hour wrong in
 * opposite directions, and as much again.
 */
const toleratedSkewMs = 4 * 3_600_000

/** Signs a certificate with the key of the owner it names. */
export function signCertificate(owner: SigningKey, fields: Omit<Certificate, 'owner'>): SignedCertificate {
  const certificate: Certificate = { owner: ownerIdOfKey(owner.publicKey), ...fields }
  const { notAfter, ...always } = certificate
  const document = notAfter === undefined ? always : { ...always, notAfter }
  // before encoding, which would mend a lone surrogate silently
  if (readCertificate(document) === undefined)
    throw new RangeError('a certificate within the limits of docs/protocols/identity.md §3 was expected')
  const bytes = signDocument(owner, 'certificate', document)
  return { certificate, bytes }
}

/** Reads a certificate from outside: undefined unless canonical, within limits, and signed by the owner it names. */
export function parseCertificate(bytes: Uint8Array): SignedCertificate | undefined {
  const opened = openDocument('certificate', bytes, { maxBytes: maxCertificateBytes })
  if (opened === undefined) return undefined
  const certificate = readCertificate(opened.value)
  if (certificate === undefined || !equalBytes(keyOfOwnerId(certificate.owner), opened.publicKey)) return undefined
  return { certificate, bytes }
}

/** Whether a live peer with this certificate may be let in at `now`, with hours of tolerance for clocks. Never asked about stored records. */
export function isInForce(certificate: Certificate, now: number): boolean {
  if (now < certificate.notBefore - toleratedSkewMs) return false
  return certificate.notAfter === undefined || now <= certificate.notAfter + toleratedSkewMs
}

/** Whether a text is 1–64 of `[a-z0-9-]`, as agent names and roles are. */
export function isName(text: string): boolean {
  return text.length <= maxNameLength && /^[a-z0-9-]+$/.test(text)
}

function readCertificate(value: unknown): Certificate | undefined {
  const always = ['owner', 'node', 'label', 'agents', 'roles', 'notBefore', 'serial']
  const map = readMap(value, always) ?? readMap(value, [...always, 'notAfter'])
  if (map === undefined) return undefined
  const owner = readOwnerId(map.get('owner'))
  const node = readPeerId(map.get('node'))
  const label = readText(map.get('label'), maxLabelLength)
  const agents = readList(map.get('agents'), maxAgents, readName)
  const roles = readList(map.get('roles'), maxRoles, readName)
  const notBefore = readCount(map.get('notBefore'))
  const notAfter = map.has('notAfter') ? readCount(map.get('notAfter')) : null
  const serial = readCount(map.get('serial'))
  if (owner === undefined || node === undefined || label === undefined || agents === undefined || roles === undefined) return undefined
  if (notBefore === undefined || notAfter === undefined || serial === undefined) return undefined
  return { owner, node, label, agents, roles, notBefore, notAfter: notAfter ?? undefined, serial }
}

function readName(value: unknown): string | undefined {
  return typeof value === 'string' && isName(value) ? value : undefined
}
