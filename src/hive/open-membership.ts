import type { SignedCertificate } from '../identity/certificate.ts'
import { parseCertificate } from '../identity/certificate.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import { parseOwnerId } from '../identity/keys.ts'
import { parseBody } from '../journal/codec.ts'
import type { Entry, HiveId } from '../journal/entry.ts'
import type { AdmissionVerdict } from '../journal/journal.ts'
import type { View } from '../journal/view.ts'
import type { Database } from '../store/database.ts'
import type { KnownGenesis } from './genesis.ts'
import type { Level, Member, Membership } from './membership.ts'
import type { KnownNode } from './known-nodes.ts'
import { KnownNodes } from './known-nodes.ts'
import { createReadGrants, readGrantSources } from './membership-rows.ts'
import type { MembershipChange } from './membership-view.ts'
import { certificateKind, createMembershipView, parseDocumentBody } from './membership-view.ts'
import { foldGrants } from './rules/fold-grants.ts'
import type { GrantsState } from './rules/grants-state.ts'
import { fingerprintOf } from './rules/handles.ts'
import { presetOf } from './rules/roles.ts'
import { chooseCertificate, judgeAdmission } from './rules/judge-admission.ts'
import { hasOwnedAgent, isActive, ownerOfAgent } from './rules/judge-grant.ts'

/** Membership of one hive with what its service needs beside. */
export interface HiveMembership extends Membership {
  readonly genesis: KnownGenesis
  /** Goes among the journal's views, before those that ask about owners. */
  readonly view: View
  readonly state: () => GrantsState
  /** Judges a live peer by the certificate it shows, and remembers that if it is not unknown. */
  readonly meet: (signed: SignedCertificate) => AdmissionVerdict
  /** Remembers a certificate whatever the verdict: our own, or one an admitted node stands for. */
  readonly learn: (signed: SignedCertificate) => void
  /** Every certificate of a node that is known, newest of each owner. */
  readonly certificatesOf: (node: PeerId) => readonly SignedCertificate[]
  /** The certificate a node speaks by, if any is known. */
  readonly certificateOf: (node: PeerId) => SignedCertificate | undefined
  /** Whose an agent name is; undefined while it is nobody's. */
  readonly ownerOfAgent: (agent: string) => OwnerId | undefined
  /** Nodes of one owner, newest evidence. */
  readonly nodesOf: (owner: OwnerId) => readonly PeerId[]
  /** Called after a commit with the nodes whose verdict changed. Returns the function that takes the listener off. */
  readonly onChange: (listener: (nodes: readonly PeerId[]) => void) => () => void
}

export interface MembershipDeps {
  readonly database: Database
  /** Our own certificate, which our journal may not carry yet. */
  readonly certificate?: SignedCertificate
  /** Names of the person's own for owners, where nobody grants any. */
  readonly petnames?: Petnames
}

/** Names that the person of this node gave to owners. */
export interface Petnames {
  readonly petnameOf: (owner: OwnerId) => string | undefined
  readonly findPetname: (petname: string) => OwnerId | undefined
}

/** What the journals in a database say about one hive's members. Follows them as its view is applied. */
export function openMembership(deps: MembershipDeps, known: KnownGenesis): HiveMembership {
  return new DerivedMembership(deps, known)
}

/** What changed since listeners were told. */
interface Pending {
  readonly nodes: Set<PeerId>
  grants: boolean
  everything: boolean
}

function nothingPending(): Pending {
  return { nodes: new Set(), grants: false, everything: false }
}

class DerivedMembership implements HiveMembership {
  readonly genesis: KnownGenesis
  readonly hive: HiveId
  readonly policy: 'closed' | 'open'
  readonly view: View
  readonly #database: Database
  readonly #nodes: KnownNodes
  readonly #listeners = new Set<(nodes: readonly PeerId[]) => void>()
  readonly #read = createReadGrants()
  /** Whose grants the state was made of; anybody else's cannot change it. */
  readonly #granters = new Set<PeerId>()
  #state: GrantsState | undefined
  #verdicts = new Map<PeerId, AdmissionVerdict>()
  /** Verdicts as listeners know them. */
  readonly #told = new Map<PeerId, string>()
  #pending: Pending = nothingPending()
  readonly #petnames: Petnames | undefined

  constructor({ database, certificate, petnames }: MembershipDeps, known: KnownGenesis) {
    this.#database = database
    this.#petnames = petnames
    this.genesis = known
    this.hive = known.id
    this.policy = known.genesis.policy
    this.#nodes = new KnownNodes(database, known.id)
    this.view = createMembershipView({ onApplied: (change) => this.#take(change), onCommitted: () => this.#settle() })
    if (certificate !== undefined) this.#nodes.remember(certificate)
    for (const node of this.#everybody()) this.#told.set(node, this.#word(node))
  }

  readonly state = (): GrantsState => (this.#state ??= this.#fold())

  readonly judge = (node: PeerId): AdmissionVerdict => {
    const known = this.#verdicts.get(node)
    if (known !== undefined) return known
    const evidence = this.#nodes.get(node)
    const verdict = this.#judgeBy(node, evidence)
    if (verdict.verdict !== 'unknown' || evidence.certificates.length > 0) this.#verdicts.set(node, verdict)
    return verdict
  }

  readonly introduce = (entry: Entry): AdmissionVerdict => {
    const signed = entry.header.kind === certificateKind ? readIntroduction(entry) : undefined
    if (signed === undefined) return { verdict: 'unknown' }
    this.#remember(signed)
    return this.judge(signed.certificate.node)
  }

  readonly meet = (signed: SignedCertificate): AdmissionVerdict => {
    const { node } = signed.certificate
    const verdict = this.#judgeBy(node, this.#nodes.with(signed))
    if (verdict.verdict !== 'unknown') {
      this.#remember(signed)
      this.#tell([node])
    }
    return verdict
  }

  readonly learn = (signed: SignedCertificate): void => {
    this.#remember(signed)
    this.#tell([signed.certificate.node])
  }

  readonly certificatesOf = (node: PeerId): readonly SignedCertificate[] => this.#nodes.get(node).certificates

  readonly certificateOf = (node: PeerId): SignedCertificate | undefined => {
    const all = this.#nodes.get(node).certificates
    const chosen = chooseCertificate(
      this.policy,
      this.state(),
      all.map(({ certificate }) => certificate),
    )
    return all.find(({ certificate }) => certificate === chosen)
  }

  readonly ownerOf = (node: PeerId): OwnerId | undefined => {
    const owner = this.certificateOf(node)?.certificate.owner
    if (owner === undefined) return undefined
    const isKnown = this.policy === 'open' || isActive(this.state(), owner) || this.state().standings.has(owner)
    return isKnown ? owner : undefined
  }

  readonly handleOf = (owner: OwnerId): string | undefined => {
    if (this.policy === 'open') return this.#petnames?.petnameOf(owner) ?? fingerprintOf(owner)
    const standing = this.state().standings.get(owner)
    if (standing !== undefined) return standing.grant.handle
    // the root before its first grant to itself
    return this.state().root?.owner === owner ? fingerprintOf(owner) : undefined
  }

  readonly findOwner = (handle: string): OwnerId | undefined => {
    const asOwner = parseOwnerId(handle)
    if (asOwner !== undefined) return this.#owners().includes(asOwner) ? asOwner : undefined
    const granted = this.state().handles.get(handle)
    if (granted !== undefined || this.policy === 'closed') return granted
    const named = this.#petnames?.findPetname(handle)
    return this.#owners().find((owner) => owner === named || fingerprintOf(owner) === handle)
  }

  readonly mayWriteAs = (node: PeerId, agent: string): boolean => {
    const certificate = this.certificateOf(node)?.certificate
    if (certificate === undefined || !certificate.agents.includes(agent) || this.judge(node).verdict === 'unknown') return false
    if (this.policy === 'open') return agent.startsWith(`${fingerprintOf(certificate.owner)}-`)
    return ownerOfAgent(this.state(), agent) === certificate.owner
  }

  readonly ownerOfAgent = (agent: string): OwnerId | undefined =>
    this.policy === 'open'
      ? this.#owners().find((owner) => agent.startsWith(`${fingerprintOf(owner)}-`))
      : ownerOfAgent(this.state(), agent)

  readonly hasOwned = (owner: OwnerId, agent: string): boolean =>
    this.policy === 'open' ? agent.startsWith(`${fingerprintOf(owner)}-`) : hasOwnedAgent(this.state(), agent, owner)

  readonly members = (): readonly Member[] => {
    const nodes = new Map<OwnerId, { readonly node: PeerId; readonly label: string }[]>()
    for (const node of this.#nodes.all()) {
      const certificate = this.certificateOf(node)?.certificate
      if (certificate === undefined || this.judge(node).verdict !== 'admitted') continue
      nodes.set(certificate.owner, [...(nodes.get(certificate.owner) ?? []), { node, label: certificate.label }])
    }
    const named = Map.groupBy(this.state().names, ([, owner]) => owner)
    // where nobody grants, an owner is a member by its nodes alone
    const owners = this.policy === 'open' ? this.#owners().filter((owner) => nodes.has(owner)) : this.#owners()
    return owners.map((owner) =>
      this.#describe(owner, { nodes: nodes.get(owner) ?? [], granted: (named.get(owner) ?? []).map(([agent]) => agent) }),
    )
  }

  readonly nodesOf = (owner: OwnerId): readonly PeerId[] =>
    this.#nodes.all().filter((node) => this.#nodes.get(node).certificates.some(({ certificate }) => certificate.owner === owner))

  readonly onChange = (listener: (nodes: readonly PeerId[]) => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #fold(): GrantsState {
    const sources = readGrantSources(this.#database, this.genesis, this.#read)
    this.#granters.clear()
    const grantsOf = (node: PeerId): ReturnType<typeof sources.grantsOf> => {
      this.#granters.add(node)
      return sources.grantsOf(node)
    }
    return foldGrants({ ...sources, grantsOf })
  }

  #describe(owner: OwnerId, { nodes, granted }: { readonly nodes: Member['nodes']; readonly granted: readonly string[] }): Member {
    const standing = this.state().standings.get(owner)
    const grant = standing?.grant
    const isRoot = this.state().root?.owner === owner
    const level: Level = grant?.level ?? (isRoot ? 'master' : 'suggestion')
    return {
      owner,
      handle: this.handleOf(owner) ?? fingerprintOf(owner),
      level,
      roles: grant?.roles ?? [],
      scopes: grant === undefined || grant.scopes.length > 0 ? (grant?.scopes ?? []) : presetOf(grant.roles).scopes,
      agents: [...new Set([...(grant?.agents ?? []), ...granted])],
      nodes,
      revoked: standing?.cuts !== undefined,
    }
  }

  #owners(): readonly OwnerId[] {
    const { root, standings } = this.state()
    const owners = new Set(standings.keys())
    if (root !== undefined) owners.add(root.owner)
    if (this.policy === 'open') {
      for (const node of this.#nodes.all()) for (const { certificate } of this.#nodes.get(node).certificates) owners.add(certificate.owner)
    }
    return [...owners]
  }

  #judgeBy(node: PeerId, { certificates, ownRevocations }: KnownNode): AdmissionVerdict {
    return judgeAdmission(this.policy, this.state(), {
      node,
      certificates: certificates.map(({ certificate }) => certificate),
      ownRevocations,
    })
  }

  #remember(signed: SignedCertificate): void {
    const forgotten = this.#nodes.remember(signed)
    this.#verdicts.delete(signed.certificate.node)
    if (forgotten === undefined || this.#nodes.get(forgotten).certificates.length > 0) return
    this.#verdicts.delete(forgotten)
    this.#told.delete(forgotten)
  }

  /** In a transaction: the rows are new, and may yet be rolled back. */
  #take(change: MembershipChange): void {
    if (change === 'everything') this.#pending.everything = true
    else if ('node' in change) this.#pending.nodes.add(change.node)
    else if (this.#state === undefined || change.isRecovery || this.#granters.has(change.grantsOf)) this.#pending.grants = true
    this.#forget()
    // a transaction is one synchronous turn: whatever was derived within it is derived again after it, lest it was rolled back
    queueMicrotask(() => this.#forget())
  }

  #forget(): void {
    const { nodes, grants, everything } = this.#pending
    if (everything) this.#nodes.forget()
    if (everything || grants) {
      this.#state = undefined
      this.#verdicts.clear()
    }
    for (const node of nodes) {
      this.#verdicts.delete(node)
      this.#nodes.forget(node)
    }
  }

  /** After a commit: tells whose verdict is another now. Several changes in one commit are told once. */
  #settle(): void {
    const { nodes, grants, everything } = this.#pending
    if (nodes.size === 0 && !grants && !everything) return
    this.#forget()
    this.#pending = nothingPending()
    this.#tell(grants || everything ? this.#everybody() : nodes)
  }

  #tell(nodes: Iterable<PeerId>): void {
    const changed: PeerId[] = []
    for (const node of nodes) {
      const word = this.#word(node)
      if (this.#told.get(node) === word) continue
      this.#told.set(node, word)
      changed.push(node)
    }
    if (changed.length === 0) return
    for (const listener of this.#listeners) listener(changed)
  }

  #everybody(): ReadonlySet<PeerId> {
    return new Set([...this.#nodes.all(), ...this.state().revokedNodes.keys(), ...this.#told.keys()])
  }

  #word(node: PeerId): string {
    return JSON.stringify(this.judge(node))
  }
}

/** The certificate by which the first entry of a journal introduces its author; undefined when it does not. */
export function readIntroduction(entry: Entry): SignedCertificate | undefined {
  const document = parseDocumentBody(parseBody(entry)?.value)
  const signed = document === undefined ? undefined : parseCertificate(document)
  return signed?.certificate.node === entry.header.node ? signed : undefined
}
