import type { KeyStore } from '../identity/key-store.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { Entry } from '../journal/entry.ts'
import type { ReplicatedJournal } from '../journal/journal.ts'
import { equalBytes } from '../lib/bytes.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Host } from '../network/host.ts'
import type { Database } from '../store/database.ts'
import { Expulsions } from './expulsions.ts'
import { hiveFaults } from './faults.ts'
import type { KnownGenesis } from './genesis.ts'
import type { Grant, NodePosition } from './grant.ts'
import { formatGrant, maxPositions } from './grant.ts'
import { takePage } from './grant-exchange.ts'
import { GrantWriter } from './grant-writer.ts'
import type { GreeterOptions } from './greeter.ts'
import { Greeter } from './greeter.ts'
import type { InviteCode } from './invite-code.ts'
import { maxCodeAddresses, secretBytes } from './invite-code.ts'
import type { InviteTerms } from './invite-table.ts'
import { inviteIdOf, inviteKeyOf, saveInvite } from './invite-table.ts'
import { JoinDesk } from './join-desk.ts'
import { readCertificates, readGrantSources } from './membership-rows.ts'
import { certificateKind, formatDocumentBody, grantKind, nodeRevocationKind } from './membership-view.ts'
import { needAdmitted } from './need-admitted.ts'
import type { HiveMembership } from './open-membership.ts'
import type { Page } from './protocol.ts'
import { signHandover, signNodeRevocation, signRootRecovery } from './root-documents.ts'
import { suggestHandle } from './rules/handles.ts'

export interface HiveServiceDeps {
  readonly membership: HiveMembership
  readonly journal: Pick<ReplicatedJournal, 'node' | 'append' | 'heads' | 'headOf' | 'serve' | 'receive' | 'rejudge' | 'find'>
  /** Undefined without a network: grants and certificates still work. */
  readonly host: Host | undefined
  readonly keys: KeyStore
  readonly database: Database
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

export interface HiveServiceOptions extends GreeterOptions {
  /** Handle the root grants itself on its first start; empty makes one of the node's label. */
  readonly rootHandle: string
}

/** What an invite or enrolment is asked for with. */
export interface CodeRequest {
  readonly kind: 'invite' | 'enroll'
  readonly terms: InviteTerms
  readonly uses: number
  readonly expiresInMs: number
}

/** A hive while this node takes part in it. */
export interface HiveService extends AsyncDisposable {
  readonly known: KnownGenesis
  readonly membership: HiveMembership
  /** Whether this node's grants count. */
  readonly isRoot: () => boolean
  /** @throws Fault NOT_ROOT, HIVE_OPEN where this node's grants do not count */
  readonly needRoot: () => void
  /** Appends a grant. @throws Fault NOT_ROOT, HIVE_OPEN, GRANT_REFUSED */
  readonly grant: (grant: Grant) => Promise<Entry>
  /** Makes a code. @throws Fault NOT_ROOT, HIVE_OPEN, HIVE_NOT_RUNNING, OWNER_KEY_ABSENT */
  readonly createCode: (request: CodeRequest) => Promise<InviteCode & { readonly expiresAt: number }>
  /** Takes a member or a node out, and gives its last admitted entries: number `after` of the newest incarnation known here, or the newest entry. @throws Fault as `grant` */
  readonly revoke: (subject: { readonly owner: OwnerId } | { readonly node: PeerId }, after?: number) => Promise<readonly NodePosition[]>
  /** Says with the owner's key that one of its nodes is out. @throws Fault OWNER_KEY_ABSENT, NODE_REVOKED */
  readonly revokeOwnNode: (node: PeerId, after?: number) => Promise<Entry>
  /** Hands the root to a node of a member. @throws Fault as `grant`, OWNER_KEY_ABSENT when it is another owner's */
  readonly handOn: (to: { readonly owner: OwnerId; readonly node: PeerId }) => Promise<Entry>
  /** Accepts the root that was handed to this node. @throws Fault NOT_ROOT, NODE_REVOKED */
  readonly acceptRoot: () => Promise<Entry>
  /** Makes this node root after the old one's machine died; the grants known here are kept. @throws Fault OWNER_KEY_ABSENT, NOT_ROOT, NODE_REVOKED */
  readonly recoverRoot: () => Promise<Entry>
  /** Stores grants that came with a join. */
  readonly takeGrants: (page: Page, from: PeerId) => Promise<void>
  /** Members that say this node is revoked, which it may not have heard otherwise. */
  readonly deniedBy: () => readonly PeerId[]
  /** Puts our certificate in our journal if it changed. */
  readonly publishCertificate: () => Promise<void>
}

/** Joins membership, journal and host of one hive: says who we are first of all, then keeps strangers out and the revoked cut. */
export async function openHiveService(deps: HiveServiceDeps, options: HiveServiceOptions): Promise<HiveService> {
  const service = new RunningHive(deps, options)
  try {
    await service.begin()
  } catch (error) {
    await service[Symbol.asyncDispose]()
    throw error
  }
  return service
}

/** Numbers tried behind a handle that is taken. */
const maxHandleNumber = 999

class RunningHive implements HiveService {
  readonly known: KnownGenesis
  readonly membership: HiveMembership
  readonly #deps: HiveServiceDeps
  readonly #options: HiveServiceOptions
  readonly #writer: GrantWriter
  readonly #off: () => void
  #greeter: Greeter | undefined
  #expulsions: Expulsions | undefined
  /** Changes of membership are carried out one after the other. */
  #following: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(deps: HiveServiceDeps, options: HiveServiceOptions) {
    this.#deps = deps
    this.#options = options
    this.known = deps.membership.genesis
    this.membership = deps.membership
    this.#writer = new GrantWriter(deps)
    this.#off = deps.membership.onChange((nodes) => this.#follow(nodes))
  }

  async begin(): Promise<void> {
    const { membership, host, keys } = this.#deps
    membership.learn(keys.certificate())
    await this.publishCertificate()
    await this.#ensureRootStanding()
    if (host === undefined) return
    const desk = new JoinDesk({ ...this.#deps, writer: this.#writer })
    const isCut = (peer: PeerId): boolean => this.membership.judge(peer).verdict === 'cut'
    const expulsions = new Expulsions({ host, clock: this.#deps.clock, isCut })
    this.#expulsions = expulsions
    const admit = (peer: PeerId): void => {
      expulsions.takeBack(peer)
      host.admit(peer)
    }
    const expel = (peer: PeerId): void => expulsions.refuse(peer)
    this.#greeter = new Greeter({ ...this.#deps, host, desk, admit, expel }, this.#options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#off()
    this.#expulsions?.[Symbol.dispose]()
    await this.#greeter?.[Symbol.asyncDispose]()
    await this.#following
  }

  readonly isRoot = (): boolean => this.#writer.isRoot()

  readonly needRoot = (): void => this.#writer.needRoot()

  readonly grant = (grant: Grant): Promise<Entry> => this.#writer.alone(() => this.#writer.write(grant))

  readonly createCode = async ({ kind, terms, uses, expiresInMs }: CodeRequest): Promise<InviteCode & { readonly expiresAt: number }> => {
    const { host, keys, chance, clock, database } = this.#deps
    const { id: hive, genesis } = this.known
    if (host === undefined) throw notRunning(genesis.name)
    const suffix = `/p2p/${keys.nodeId}`
    const addresses = host
      .addresses()
      // a relay serves members only, so its address is of no use to who is none yet
      .filter((address) => address.endsWith(suffix) && !address.includes('/p2p-circuit'))
      .map((address) => address.slice(0, -suffix.length))
      .slice(0, maxCodeAddresses)
    const expiresAt = clock.now() + expiresInMs
    const base = { hive, name: genesis.name, node: keys.nodeId, addresses, expiresAt }
    if (kind === 'invite' && genesis.policy === 'open') return { ...base, kind: 'open', secret: undefined, genesis: this.known }
    if (kind === 'invite') this.#writer.needRoot()
    // asked here rather than when somebody comes with the code
    if (kind === 'enroll') keys.needOwner()
    const secret = chance.bytes(secretBytes)
    await saveInvite(database, hive, { id: inviteIdOf(secret), kind, key: inviteKeyOf(secret), uses, spent: 0, terms, expiresAt })
    return { ...base, kind, secret, genesis: undefined }
  }

  readonly revoke = async (
    subject: { readonly owner: OwnerId } | { readonly node: PeerId },
    after?: number,
  ): Promise<readonly NodePosition[]> => {
    const nodes = 'node' in subject ? [subject.node] : this.membership.nodesOf(subject.owner)
    const known = nodes.flatMap((node) => this.#lastOf(node, after) ?? [])
    // an owner may have certified any number of keys: what would make the grant unreadable is left out, the longest journals are kept
    const last = known.toSorted((one, other) => other.seq - one.seq).slice(0, maxPositions)
    await this.grant({ type: 'revoke', subject, last })
    return last
  }

  readonly revokeOwnNode = async (node: PeerId, after?: number): Promise<Entry> => {
    const { keys, journal } = this.#deps
    needAdmitted(this.membership, journal.node)
    const owner = keys.needOwner()
    const last = this.#lastOf(node, after) ?? null
    const document = signNodeRevocation(owner, { hive: this.known.id, node, last })
    return journal.append(nodeRevocationKind, formatDocumentBody(document))
  }

  readonly handOn = async (to: { readonly owner: OwnerId; readonly node: PeerId }): Promise<Entry> => {
    const { keys } = this.#deps
    const isOther = to.owner !== this.membership.state().root?.owner
    const proof = isOther ? signHandover(keys.needOwner(), { hive: this.known.id, ...to }) : null
    return this.grant({ type: 'root', ...to, proof })
  }

  readonly acceptRoot = async (): Promise<Entry> => {
    const root = this.membership.state().root
    if (root?.pending === undefined || root.node !== this.#deps.journal.node) throw notOffered(this.known)
    return this.#append({ type: 'accept', handover: root.pending })
  }

  readonly recoverRoot = async (): Promise<Entry> => {
    const { keys, journal, database } = this.#deps
    const { root, segments } = this.membership.state()
    if (root === undefined || root.owner !== keys.ownerId()) throw notOffered(this.known)
    // every root so far up to its last grant, the last one up to all that is known of it
    const kept = segments.flatMap((segment, index) => {
      const isLast = index === segments.length - 1
      return (isLast ? this.#lastOf(segment.node) : undefined) ?? toPosition(segment)
    })
    // anybody may write a recovery; only those by owners who were root can count, and must be outdone
    const owners = new Set(segments.map(({ owner }) => owner))
    const { recoveries } = readGrantSources(database, this.known)
    const serials = recoveries.flatMap(({ recovery }) => (owners.has(recovery.signer) ? recovery.serial : []))
    const recovery = { hive: this.known.id, serial: Math.max(0, ...serials) + 1, kept, node: journal.node }
    const document = signRootRecovery(keys.needOwner(), recovery)
    return this.#append({ type: 'recover', document })
  }

  readonly deniedBy = (): readonly PeerId[] => this.#greeter?.deniedBy() ?? []

  readonly takeGrants = async (page: Page, from: PeerId): Promise<void> => {
    await takePage(this.#deps, page, from)
    this.#greeter?.forgetDenials()
  }

  readonly publishCertificate = async (): Promise<void> => {
    const { database, journal, keys } = this.#deps
    const own = keys.certificate()
    this.membership.learn(own)
    const isFirst = journal.headOf(journal.node, 1) === undefined
    const carried = readCertificates(database, this.known.id, journal.node)
    if (!isFirst && carried.some(({ bytes }) => equalBytes(bytes, own.bytes))) return
    // a node whose grants are not here yet has no rows of its own: only a first or changed certificate is written
    if (!isFirst && carried.length === 0 && this.membership.judge(journal.node).verdict !== 'admitted') return
    await journal.append(certificateKind, formatDocumentBody(own.bytes))
  }

  /** Writes the first grant of a new root, before which it may write no other. */
  async #append(grant: Grant): Promise<Entry> {
    needAdmitted(this.membership, this.#deps.journal.node)
    return this.#deps.journal.append(grantKind, formatGrant(grant))
  }

  /** The root is a member like others, with a handle of its own. */
  async #ensureRootStanding(): Promise<void> {
    const { keys } = this.#deps
    const owner = keys.ownerId()
    if (!this.#writer.isRoot() || this.membership.state().standings.has(owner)) return
    const wanted = this.#options.rootHandle === '' ? suggestHandle(keys.certificate().certificate.label) : this.#options.rootHandle
    // taken when the owner key of this machine was changed: the owner before still has it
    const taken = this.membership.state().handles
    const numbers = Array.from({ length: maxHandleNumber }, (_, index) => `${wanted.slice(0, 28)}${index + 2}`)
    const free = [wanted, ...numbers].find((handle) => taken.get(handle) === undefined) ?? wanted
    await this.grant({ type: 'member', owner, handle: free, level: 'master', roles: [], scopes: [], agents: [], replaces: null })
  }

  #follow(nodes: readonly PeerId[]): void {
    if (this.#isClosed) return
    for (const node of nodes) this.#enforce(node)
    this.#following = this.#following.then(() => this.#rejudge(nodes))
  }

  #enforce(node: PeerId): void {
    const { host, journal, log } = this.#deps
    const { verdict } = this.membership.judge(node)
    if (node === journal.node) {
      if (verdict === 'cut') log.warn('this node was revoked in its hive; what it writes reaches nobody', { hive: this.known.genesis.name })
      return
    }
    if (host === undefined) return
    if (verdict === 'cut') this.#expulsions?.expel(node)
    else if (verdict !== 'admitted') return
    else if (this.#expulsions?.takeBack(node) === true || host.connections().some(({ peer }) => peer === node)) host.admit(node)
  }

  async #rejudge(nodes: readonly PeerId[]): Promise<void> {
    const { journal, log } = this.#deps
    for (const node of nodes) {
      try {
        await journal.rejudge(node)
      } catch (error) {
        if (!this.#isClosed) log.error('a changed verdict could not be carried out', { node, error: describeError(error) })
      }
    }
  }

  #lastOf(node: PeerId, after?: number): NodePosition | undefined {
    const heads = this.#deps.journal.heads().filter((head) => head.node === node)
    const newest = heads.toSorted((one, other) => other.incarnation - one.incarnation)[0]
    if (after !== undefined) return { node, incarnation: newest?.incarnation ?? 1, seq: after }
    return newest === undefined ? undefined : { node, incarnation: newest.incarnation, seq: newest.seq }
  }
}

function toPosition({ node, incarnation, seq }: NodePosition): NodePosition {
  return { node, incarnation, seq }
}

function notRunning(name: string): Error {
  const message = `"${name}" has no open network here, so nobody could answer a code; start the node with \`althing p2p start\` first`
  return hiveFaults.create('HIVE_NOT_RUNNING', { message, data: { name } })
}

function notOffered(known: KnownGenesis): Error {
  const message = `the root of "${known.genesis.name}" is not this node's to take: nobody handed it on, or another owner holds it`
  return hiveFaults.create('NOT_ROOT', { message, data: { hive: known.id } })
}
