import { decodeText } from '../lib/bytes.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Certificate, SignedCertificate } from './certificate.ts'
import { parseCertificate, signCertificate } from './certificate.ts'
import { identityFaults } from './faults.ts'
import type { KeyFiles } from './key-files.ts'
import { createMemoryKeyFiles, formatKeyLine, openKeyFiles, parseKeyLine } from './key-files.ts'
import type { OwnerId, PeerId, SigningKey } from './keys.ts'
import { openSigningKey, ownerIdOfKey, peerIdOfKey } from './keys.ts'
import { exportOwnerKey, openOwnerExport } from './owner-export.ts'

export interface KeyStoreDeps {
  readonly clock: Clock
  readonly chance: Chance
}

export interface KeyStoreOptions {
  /** Directory of the key files, made when missing. */
  readonly directory: string
  /** Label of the first node certificate, the machine's name for example. */
  readonly label: string
  /** log2 of scrypt's N for exports of the owner key. */
  readonly scryptLogN: number
}

/** What an owner certifies about a node. */
export interface CertificateRequest {
  readonly node: PeerId
  readonly label: string
  readonly agents: readonly string[]
  readonly roles: readonly string[]
  /** Highest serial the node is known to have had for this owner; the new one is above. */
  readonly lastSerial: number
}

/** What is to be another in a certificate; the rest stays. */
export type CertificateChanges = Partial<Pick<Certificate, 'label' | 'agents' | 'roles'>>

/** The keys of one node and, unless kept elsewhere, of its owner. Every change is on disk when it resolves. */
export interface KeyStore {
  readonly node: SigningKey
  readonly nodeId: PeerId
  /** The node's certificate as it is now. */
  readonly certificate: () => SignedCertificate
  readonly ownerId: () => OwnerId
  /** Undefined when the owner key is kept elsewhere. */
  readonly owner: () => SigningKey | undefined
  /** @throws Fault OWNER_KEY_ABSENT when the owner key is kept elsewhere */
  readonly needOwner: () => SigningKey
  /** Signs a certificate for a node of this owner. @throws Fault OWNER_KEY_ABSENT */
  readonly certify: (request: CertificateRequest) => SignedCertificate
  /** Signs our own certificate again with other agents, roles or label, as they are or made of those before. @throws Fault OWNER_KEY_ABSENT, and what `changes` throws */
  readonly renew: (changes: CertificateChanges | ((before: Certificate) => CertificateChanges)) => Promise<SignedCertificate>
  /** Takes a certificate another machine signed for this node. An owner key of another owner is set aside. @throws Fault CERTIFICATE_INVALID */
  readonly adopt: (bytes: Uint8Array) => Promise<SignedCertificate>
  /** Armored age text. @throws Fault OWNER_KEY_ABSENT, PASSPHRASE_WEAK */
  readonly exportOwner: (passphrase: string) => Promise<string>
  /** Takes an exported owner key in; this node is certified anew if it belonged to another owner. @throws Fault OWNER_EXPORT_INVALID */
  readonly importOwner: (exported: string, passphrase: string) => Promise<SignedCertificate>
  /** Makes a new owner key, sets the old one aside, certifies this node anew. @throws Fault OWNER_KEY_ABSENT */
  readonly rotateOwner: () => Promise<SignedCertificate>
}

const ownerFile = 'owner.key'
const nodeFile = 'node.key'
const certificateFile = 'node.cert'
const ownerTag = 'althing-owner-key-v1'
const nodeTag = 'althing-node-key-v1'

/**
 * Opens the key directory; on the first start makes a node key, an owner key and the certificate of the one by the other.
 *
 * @throws Fault KEY_EXPOSED when others may read the files, KEY_CORRUPT when one does not hold what it should
 */
export async function openKeyStore(deps: KeyStoreDeps, options: KeyStoreOptions): Promise<KeyStore> {
  return openOver(await openKeyFiles(options.directory), deps, options)
}

/** The same without a disk, for tests and simulation. */
export async function openMemoryKeyStore(deps: KeyStoreDeps, options: Omit<KeyStoreOptions, 'directory'>): Promise<KeyStore> {
  return openOver(createMemoryKeyFiles(), deps, { ...options, directory: 'memory' })
}

async function openOver(files: KeyFiles, deps: KeyStoreDeps, options: KeyStoreOptions): Promise<KeyStore> {
  const read = async (name: string, tag: string, nameOf: (key: SigningKey) => string): Promise<SigningKey | undefined> => {
    const bytes = await files.read(name)
    return bytes === undefined ? undefined : readKey(bytes, tag, { path: `${options.directory}/${name}`, nameOf })
  }
  const certificateBytes = await files.read(certificateFile)
  let node = await read(nodeFile, nodeTag, nodeName)
  let owner = await read(ownerFile, ownerTag, ownerName)
  if (node === undefined) {
    // a certificate without the key it is for says that the key was lost, not that this is a first start
    if (certificateBytes !== undefined) throw corrupt(`${options.directory}/${nodeFile}`, 'is missing though its certificate is here')
    node = openSigningKey(deps.chance.bytes(32))
    await files.write(nodeFile, formatKeyLine(nodeTag, node.seed, nodeName(node)))
  }
  if (certificateBytes === undefined) {
    // written before the certificate, and taken up again by the next start after a crash between the two
    if (owner === undefined) {
      owner = openSigningKey(deps.chance.bytes(32))
      await files.write(ownerFile, formatKeyLine(ownerTag, owner.seed, ownerName(owner)))
    }
    const first = sign(owner, deps.clock.now(), {
      node: peerIdOfKey(node.publicKey),
      label: options.label,
      agents: [],
      roles: [],
      lastSerial: 0,
    })
    await files.write(certificateFile, first.bytes)
    return new Keys(files, { deps, options, node, owner, certificate: first })
  }
  const certificate = parseCertificate(certificateBytes)
  if (certificate === undefined || certificate.certificate.node !== peerIdOfKey(node.publicKey)) {
    throw corrupt(`${options.directory}/${certificateFile}`, 'is no certificate for the node key beside it')
  }
  // a change of owner cut short: the old key is set aside and the new one not here yet, or here and nothing signed with it
  if (owner === undefined) {
    const aside = asideFile(certificate.certificate.owner)
    owner = await read(aside, ownerTag, ownerName)
    if (owner !== undefined) await files.rename(aside, ownerFile)
  }
  const keys = new Keys(files, { deps, options, node, owner, certificate })
  await keys.finishChange()
  return keys
}

interface KeysState {
  readonly deps: KeyStoreDeps
  readonly options: KeyStoreOptions
  readonly node: SigningKey
  readonly owner: SigningKey | undefined
  readonly certificate: SignedCertificate
}

class Keys implements KeyStore {
  readonly node: SigningKey
  readonly nodeId: PeerId
  readonly #files: KeyFiles
  readonly #deps: KeyStoreDeps
  readonly #options: KeyStoreOptions
  #owner: SigningKey | undefined
  #certificate: SignedCertificate
  #last: Promise<unknown> = Promise.resolve()

  constructor(files: KeyFiles, state: KeysState) {
    this.#files = files
    this.#deps = state.deps
    this.#options = state.options
    this.node = state.node
    this.nodeId = peerIdOfKey(state.node.publicKey)
    this.#owner = state.owner
    this.#certificate = state.certificate
  }

  readonly certificate = (): SignedCertificate => this.#certificate
  readonly ownerId = (): OwnerId => this.#certificate.certificate.owner
  readonly owner = (): SigningKey | undefined => this.#owner
  readonly needOwner = (): SigningKey => {
    if (this.#owner !== undefined) return this.#owner
    const message = `the key of owner ${this.ownerId()} is not on this machine; run this where it is, or bring it here with \`althing owner import\``
    throw identityFaults.create('OWNER_KEY_ABSENT', { message, data: { owner: this.ownerId() } })
  }

  readonly certify = (request: CertificateRequest): SignedCertificate => sign(this.needOwner(), this.#deps.clock.now(), request)

  readonly renew: KeyStore['renew'] = async (changes) => {
    return this.#inTurn(async () => {
      const before = this.#certificate.certificate
      const { label, agents, roles, serial } = before
      const changed = typeof changes === 'function' ? changes(before) : changes
      return this.#keep(this.certify({ node: this.nodeId, label, agents, roles, lastSerial: serial, ...changed }))
    })
  }

  readonly adopt = async (bytes: Uint8Array): Promise<SignedCertificate> => {
    const signed = parseCertificate(bytes)
    if (signed === undefined || signed.certificate.node !== this.nodeId) {
      const message = `this is no certificate for the node ${this.nodeId}; ask for a new code with \`althing node enroll\` on the owner's machine`
      throw identityFaults.create('CERTIFICATE_INVALID', { message, data: { node: this.nodeId } })
    }
    return this.#inTurn(async () => {
      if (this.#owner !== undefined && ownerName(this.#owner) !== signed.certificate.owner) await this.#setOwnerAside(this.#owner)
      return this.#keep(signed)
    })
  }

  readonly exportOwner = (passphrase: string): Promise<string> =>
    exportOwnerKey(this.needOwner(), passphrase, { scryptLogN: this.#options.scryptLogN })

  readonly importOwner = async (exported: string, passphrase: string): Promise<SignedCertificate> => {
    const owner = await openOwnerExport(exported, passphrase)
    return this.#inTurn(() => this.#replaceOwner(owner))
  }

  readonly rotateOwner = async (): Promise<SignedCertificate> => {
    this.needOwner()
    return this.#inTurn(() => this.#replaceOwner(openSigningKey(this.#deps.chance.bytes(32))))
  }

  /** Runs a change after those begun before it: each writes several files. */
  #inTurn(change: () => Promise<SignedCertificate>): Promise<SignedCertificate> {
    const changed = this.#last.then(change)
    this.#last = changed.catch(() => undefined)
    return changed
  }

  async #replaceOwner(owner: SigningKey): Promise<SignedCertificate> {
    const before = this.#owner
    // a copy first, so that there is an owner key in its place at every moment
    if (before !== undefined && ownerName(before) !== ownerName(owner)) {
      await this.#files.write(asideFile(ownerName(before)), formatKeyLine(ownerTag, before.seed, ownerName(before)))
    }
    await this.#files.write(ownerFile, formatKeyLine(ownerTag, owner.seed, ownerName(owner)))
    this.#owner = owner
    return this.finishChange()
  }

  /** Certifies this node by the owner whose key is here, if another did so far. */
  async finishChange(): Promise<SignedCertificate> {
    const { label, agents, roles, serial, owner } = this.#certificate.certificate
    if (this.#owner === undefined || owner === ownerName(this.#owner)) return this.#certificate
    return this.#keep(this.certify({ node: this.nodeId, label, agents, roles, lastSerial: serial }))
  }

  /** An owner key is never deleted: packages and names may hang on it. */
  async #setOwnerAside(owner: SigningKey): Promise<void> {
    await this.#files.rename(ownerFile, asideFile(ownerName(owner)))
    this.#owner = undefined
  }

  async #keep(signed: SignedCertificate): Promise<SignedCertificate> {
    await this.#files.write(certificateFile, signed.bytes)
    this.#certificate = signed
    return signed
  }
}

function sign(owner: SigningKey, now: number, request: CertificateRequest): SignedCertificate {
  const { lastSerial, ...fields } = request
  return signCertificate(owner, { ...fields, notBefore: now, notAfter: undefined, serial: lastSerial + 1 })
}

function readKey(
  bytes: Uint8Array,
  tag: string,
  expected: { readonly path: string; readonly nameOf: (key: SigningKey) => string },
): SigningKey {
  const line = parseKeyLine(tag, readText(bytes))
  const key = line === undefined ? undefined : openSigningKey(line.seed)
  if (key === undefined || expected.nameOf(key) !== line?.name) throw corrupt(expected.path, 'is damaged')
  return key
}

function readText(bytes: Uint8Array): string {
  try {
    return decodeText(bytes)
  } catch {
    return ''
  }
}

function nodeName(key: SigningKey): string {
  return peerIdOfKey(key.publicKey)
}

/** Where the key of an owner lies that this node does not speak for now. */
function asideFile(owner: string): string {
  return `owner-${owner}.key`
}

function ownerName(key: SigningKey): string {
  return ownerIdOfKey(key.publicKey)
}

function corrupt(path: string, what: string): Error {
  const message = `${path} ${what}; put it back from a backup of the keys, or move the keys directory away to begin as somebody new`
  return identityFaults.create('KEY_CORRUPT', { message, data: { path } })
}
