import type { SignedCertificate } from '../identity/certificate.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId, Position } from '../journal/entry.ts'
import type { Database } from '../store/database.ts'
import { readCertificates, readCertifiedNodes, readOwnRevocations, readRevokedNodes } from './membership-rows.ts'

/** What is known about one node, with the bytes that prove it. */
export interface KnownNode {
  readonly certificates: readonly SignedCertificate[]
  readonly ownRevocations: readonly { readonly owner: OwnerId; readonly last: Position | undefined }[]
}

/** Certificates remembered though no journal carries them yet; the oldest goes first and is shown again at need. */
const maxMet = 4096
/** Owners that certified one node and are remembered without a journal. */
const maxMetOwners = 4

/** Certificates of nodes, from journals and as live peers showed them, checked once and kept. */
export class KnownNodes {
  readonly #database: Database
  readonly #hive: HiveId
  readonly #met = new Map<PeerId, readonly SignedCertificate[]>()
  readonly #known = new Map<PeerId, KnownNode>()

  constructor(database: Database, hive: HiveId) {
    this.#database = database
    this.#hive = hive
  }

  /** Every node with a certificate, or revoked by an owner. */
  all(): readonly PeerId[] {
    const certified = readCertifiedNodes(this.#database, this.#hive)
    return [...new Set([...certified, ...this.#met.keys(), ...readRevokedNodes(this.#database, this.#hive)])]
  }

  get(node: PeerId): KnownNode {
    const known = this.#known.get(node)
    if (known !== undefined) return known
    const read = this.#read(node, [])
    // a node nobody introduced is not remembered: strangers are without number
    if (read.certificates.length > 0) this.#known.set(node, read)
    return read
  }

  /** What would be known with one more certificate. */
  with(signed: SignedCertificate): KnownNode {
    return this.#read(signed.certificate.node, [signed])
  }

  /** Gives the node that had to be forgotten for it, if any: strangers in an open hive must not fill the memory. */
  remember(signed: SignedCertificate): PeerId | undefined {
    const { node, owner, serial } = signed.certificate
    const met = this.#met.get(node) ?? []
    if (met.some(({ certificate }) => certificate.owner === owner && certificate.serial >= serial)) return undefined
    const oldest = this.#met.size >= maxMet && !this.#met.has(node) ? this.#met.keys().next().value : undefined
    if (oldest !== undefined) {
      this.#met.delete(oldest)
      this.#known.delete(oldest)
    }
    const others = met.filter(({ certificate }) => certificate.owner !== owner)
    this.#met.set(node, [...others, signed].slice(-maxMetOwners))
    this.#known.delete(node)
    return oldest
  }

  /** Reads a node's rows again at the next question; those of all nodes without one. */
  forget(node?: PeerId): void {
    if (node === undefined) this.#known.clear()
    else this.#known.delete(node)
  }

  #read(node: PeerId, more: readonly SignedCertificate[]): KnownNode {
    const certificates = [...readCertificates(this.#database, this.#hive, node), ...(this.#met.get(node) ?? []), ...more]
    const plain = certificates.map(({ certificate }) => certificate)
    return { certificates, ownRevocations: readOwnRevocations(this.#database, this.#hive, plain) }
  }
}
