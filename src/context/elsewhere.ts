import type { Cid } from '../lib/cid.ts'
import { Fault } from '../lib/fault.ts'
import type { Address } from '../ucxl/ucxl.ts'
import { formatAddress, formatResource, isConcrete } from '../ucxl/ucxl.ts'
import type {
  AnnouncedVersion,
  AnnounceRequest,
  ContextDeps,
  ContextOptions,
  Copies,
  Provider,
  ReadVersion,
  Version,
  Waiting,
} from './context.ts'
import type { ContextStatus } from './context-status.ts'
import type { CopiesRequest } from './copies.ts'
import { spreadCopies } from './copies.ts'
import { contextFaults } from './faults.ts'
import type { AnnouncedProvider } from './peers/announcer.ts'
import type { ToldVersion } from './peers/judge-answer.ts'
import { copiesOf } from './peers/live-content.ts'
import { ContextPeers } from './peers/open-peers.ts'
import type { Wanted } from './peers/protocol.ts'
import { needContent, needSize, requireResource, requireVersion } from './read-version.ts'
import { sameMetadata } from './version.ts'
import type { Resource } from './version-table.ts'

/** Version with content. */
type Kept = Version & { readonly cid: Cid }

/** What other members have of a hive's context, and what they are told of ours. Without hosts there is nobody. */
export class Elsewhere implements AsyncDisposable {
  readonly #deps: ContextDeps
  readonly #options: ContextOptions
  readonly #peers: ContextPeers | undefined

  constructor(deps: ContextDeps, options: ContextOptions, onAnnounced: (version: Version, provider: AnnouncedProvider) => void) {
    this.#deps = deps
    this.#options = options
    const { host, exchange } = deps.hive
    if (host !== undefined && exchange !== undefined) this.#peers = new ContextPeers({ ...deps, host, exchange, onAnnounced }, options)
  }

  /** Asks members to take a version in. */
  async spread(request: Waiting & CopiesRequest): Promise<Copies> {
    return await spreadCopies({ ...this.#deps, peers: this.#peers }, this.#options, request)
  }

  /**
   * The version that an address means, as another member told it under its writer's signature; undefined when nobody knows it.
   *
   * Only for what no journal here says; a deletion is told as its fault. @throws Fault RESOURCE_DELETED
   */
  async find(address: Address, { signal }: Waiting): Promise<ReadVersion | undefined> {
    const resolver = this.#peers?.resolver
    if (resolver === undefined) return undefined
    const resource = formatResource(address)
    const ask = (wanted: Wanted): Promise<ToldVersion | undefined> => resolver.resolve(resource, wanted, { signal })
    const { temporal } = address
    if (temporal.kind === 'specific') return this.#toRead(await ask({ is: 'number', version: temporal.version }), undefined, { signal })
    if (temporal.kind === 'instant') return this.#toRead(await ask({ is: 'moment', at: temporal.at }), undefined, { signal })
    const newest = await ask({ is: 'newest' })
    if (newest === undefined) return undefined
    const steps = temporal.kind === 'backward' ? temporal.steps : temporal.kind === 'forward' ? -temporal.steps : 0
    const number = temporal.kind === 'any' ? newest.record.keeps : newest.record.version - steps
    if (number === newest.record.version) return this.#toRead(newest, newest, { signal })
    if (number < newest.record.keeps || number > newest.record.version) throw outOfBounds(newest, number)
    return this.#toRead(await ask({ is: 'number', version: number }), newest, { signal })
  }

  /** Says that this node provides a resource. @throws Fault as `ContextStore.announce` */
  async announce({ address, ...said }: AnnounceRequest, { signal }: Waiting): Promise<AnnouncedVersion> {
    const { database, hive, content, isTransient } = this.#deps
    if (!isConcrete(address)) {
      const given = formatAddress(address)
      const message = `${given} names more than one thing or a moment; what is announced has four names without "any", and no temporal segment but "*^"`
      throw contextFaults.create('ADDRESS_NOT_CONCRETE', { message, data: { address: given } })
    }
    hive.needAdmitted()
    const resource = requireResource(database, hive, address)
    const version = needContent(requireVersion(database, resource, { outcome: 'found', version: resource.last }), resource)
    needSame(version, said)
    const peers = this.#peers
    if (peers === undefined) throw offline(hive.name, 'its network is not open here, so nobody can be told')
    // others would ask a node that is gone for what only it says to have
    if (isTransient) throw offline(hive.name, 'this node ends with the command, and who announces something is there to provide it')
    // who says that it has something has it
    if (content.stat(version.cid)?.isWhole !== true) await hive.exchange?.fetch(version.cid, { signal, maxBytes: version.size })
    const { provider, expiresAt, isNew } = await peers.announcer.announce(version)
    return { status: isNew ? 'announced' : 'refreshed', version, provider, expiresAt }
  }

  /** Who has the newest version of a resource, or says that it provides the resource: each once. */
  providersOf(resource: Resource): readonly Provider[] {
    const { database, hive, content } = this.#deps
    const { cid } = resource
    const providers = new Map<string, Provider>()
    const announced = this.#peers?.announcer.providersOf(resource.resource) ?? []
    const add = (provider: Omit<Provider, 'expiresAt'>): void => {
      const expiresAt = announced.find((claim) => claim.provider === provider.node)?.expiresAt
      if (!providers.has(provider.node)) providers.set(provider.node, { ...provider, expiresAt })
    }
    if (cid !== null && content.stat(cid)?.isWhole === true) add({ node: hive.node, by: 'here' })
    const about = this.#peers?.seen.within(this.#options.memberMs)
    const copies = cid === null ? [] : copiesOf(database, hive.hive, cid)
    for (const { node } of copies) if (about?.has(node) ?? true) add({ node, by: 'signed' })
    for (const { provider } of announced) add({ node: provider, by: 'announced' })
    return [...providers.values()]
  }

  status(): Pick<ContextStatus, 'copies' | 'announced' | 'resolver'> {
    const peers = this.#peers
    const steward = peers?.steward?.report()
    const members = peers?.seen.within(this.#options.memberMs).size ?? 1
    const target = Math.min(this.#options.replicas, members)
    return {
      copies:
        steward === undefined
          ? undefined
          : { target, members, below: steward.below, scarce: steward.scarce, isChecking: steward.isSweeping },
      announced: peers?.announcer.count() ?? { own: 0, known: 0 },
      resolver: peers?.resolver.figures(),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peers?.[Symbol.asyncDispose]()
  }

  #toRead(told: ToldVersion | undefined, newest: ToldVersion | undefined, waiting: Waiting): ReadVersion | undefined {
    if (told === undefined) return undefined
    const version = needContent(told.version, { first: told.record.keeps })
    const [first, last] = [newest?.record.keeps ?? told.record.keeps, newest?.record.version ?? told.record.version]
    const knownUntil = newest?.version.at ?? version.at
    return { ...version, first, last, knownUntil, isSealed: false, open: (range) => this.#read(version, { ...range, ...waiting }) }
  }

  /** Content that nothing here refers to yet: it is made whole first, and stays for as long as unreferenced content does. */
  async *#read(version: Kept, options: Waiting & { readonly start?: number; readonly end?: number }): AsyncGenerator<Uint8Array> {
    const { content, hive } = this.#deps
    const { cid, size } = version
    const release = content.hold(cid)
    try {
      if (content.stat(cid)?.isWhole !== true) await hive.exchange?.fetch(cid, { signal: options.signal, maxBytes: size })
      needSize(version, content.sizeOf(cid))
      yield* content.read(cid, options)
    } finally {
      release()
    }
  }
}

/** Whether others may know what is not known here: a resource, or a number past the last. */
export function isPerhapsElsewhere(error: unknown, address: Address): boolean {
  if (!(error instanceof Fault)) return false
  if (error.code === 'TEMPORAL_OUT_OF_BOUNDS')
    return address.temporal.kind === 'specific' && Number(error.data['max']) < address.temporal.version
  return error.code === 'RESOURCE_MISSING' && error.data['isKnown'] !== true
}

function needSame(version: Kept, { checksum, mediaType, metadata }: Omit<AnnounceRequest, 'address'>): void {
  const differs = (field: string, found: string): Fault =>
    contextFaults.create('CHECKSUM_DIFFERS', {
      message: `${field} of version ${version.version} of ${version.resource} is ${found}, which is not what was to be announced; read it, then announce it`,
      data: { resource: version.resource, field, found },
    })
  if (checksum !== undefined && checksum !== version.cid) throw differs('checksum', version.cid)
  if (mediaType !== undefined && mediaType !== version.mediaType) throw differs('contentType', version.mediaType)
  if (metadata !== undefined && !sameMetadata(metadata, version.metadata)) throw differs('metadata', JSON.stringify(version.metadata))
}

function offline(name: string, why: string): Fault {
  return contextFaults.create('HIVE_OFFLINE', {
    message: `nothing was announced in "${name}": ${why}; start the node with \`althing p2p start\``,
    data: { name },
  })
}

function outOfBounds({ record, version }: ToldVersion, requested: number): Fault {
  return contextFaults.create('TEMPORAL_OUT_OF_BOUNDS', {
    message: `${version.resource} has versions ${record.keeps} to ${record.version}, and ${requested} is none of them`,
    data: { requested, min: record.keeps, max: record.version },
  })
}
