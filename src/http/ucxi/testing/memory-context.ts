import { createCid, rawCodec } from '../../../lib/cid.ts'
import { Fault } from '../../../lib/fault.ts'
import type { Address, Navigation } from '../../../ucxl/ucxl.ts'
import { formatAddress, formatResource, matchResource, moveSession, navigate, newSession, parseAddress } from '../../../ucxl/ucxl.ts'
import type { UcxiEvent, UcxiProvider, UcxiPut, UcxiStore, UcxiStored, UcxiVersion } from '../ucxi.ts'

interface Kept extends UcxiVersion {
  readonly bytes: Buffer
}

/** Who has what a test finds: one that only has it, and one that says so as well. */
const providers: readonly UcxiProvider[] = [
  { node: 'node-of-ada', by: 'here', expiresAt: undefined },
  { node: 'node-of-bob', by: 'signed', expiresAt: Date.parse('2026-02-01T01:00:00.000Z') },
]

/** When the first version of a test is written, in milliseconds. */
export const firstMoment = Date.parse('2026-01-31T09:30:00.000Z')
/** Longest content that is taken, in bytes. */
export const maxTestBytes = 1_000_000

/** Context that lives as long as its test, of one node that may write as `ada`: a second passes between two versions. */
export class MemoryContext implements UcxiStore {
  readonly #resources = new Map<string, Kept[]>()
  readonly #sessions = new Map<string, typeof newSession>()
  readonly #events: UcxiEvent[] = []
  readonly #announced = new Set<string>()
  readonly #watchers = new Set<(event: UcxiEvent) => void>()
  /** Called before content is given, to make it fail. */
  onRead: () => void = () => {}
  #now = firstMoment

  readonly put: UcxiStore['put'] = async (request) => {
    const { address, mediaType, sealFor } = request
    const metadata = sealFor === undefined ? request.metadata : { ...request.metadata, 'sealed-for': sealFor.join(' ') }
    if (address.agent !== 'ada') {
      throw new Fault('WRITER_DENIED', 'denied', {
        message: `this node may not write as "${address.agent}"`,
        data: { agent: address.agent, mayWriteAs: ['ada'] },
      })
    }
    if (Object.values(metadata).some((text) => text.includes('\0')))
      throw new Fault('METADATA_INVALID', 'usage', { message: 'no plain text' })
    const bytes = await this.#take(request)
    this.#needCondition(address, request.condition)
    const version = this.#add(address, { cid: createCid(rawCodec, bytes), mediaType, size: bytes.length, metadata, bytes })
    const status = version.version === 1 ? 'created' : 'updated'
    const answer = stored(version, status, { wanted: request.replicas ?? 3, confirmed: 1 })
    return sealFor === undefined ? answer : { ...answer, sealed: { recipients: sealFor.length, unreachable: ['12D3KooWEve'] } }
  }

  readonly delete: UcxiStore['delete'] = async (address, { condition }) => {
    this.#needCondition(address, condition)
    this.#require(address)
    const version = this.#add(address, { cid: null, mediaType: '', size: 0, metadata: {}, bytes: Buffer.alloc(0) })
    return stored(version, 'deleted', { wanted: 1, confirmed: 1 })
  }

  readonly get: UcxiStore['get'] = async (address) => {
    const versions = this.#require(address)
    const found = pick(versions, navigate(address.temporal, historyOf(versions)))
    if (found.cid === null)
      throw new Fault('RESOURCE_DELETED', 'missing', {
        message: 'it was deleted',
        data: { resource: found.resource, version: found.version },
      })
    const { bytes, ...version } = found
    // this node is nobody's but ada's
    const sealedFor = version.metadata['sealed-for']
    if (sealedFor === '@bob') throw new Fault('CONTEXT_SEALED', 'denied', { message: 'sealed for @bob', data: { for: ['@bob'] } })
    const onRead = (): void => this.onRead()
    const open = async function* (range: { readonly start?: number; readonly end?: number } = {}): AsyncGenerator<Uint8Array> {
      onRead()
      for (let at = range.start ?? 0; at < (range.end ?? bytes.length); at += 65_536)
        yield bytes.subarray(at, Math.min(at + 65_536, range.end ?? bytes.length))
    }
    return { ...version, ...this.#position(versions), isSealed: sealedFor !== undefined, open }
  }

  readonly versions: UcxiStore['versions'] = (address, { limit, cursor }) => {
    const below = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor)
    const items = this.#require(address)
      .filter(({ version }) => version < below)
      .toReversed()
    return { items: items.slice(0, limit), cursor: items.length > limit ? String(items[limit - 1]?.version) : undefined }
  }

  readonly navigate: UcxiStore['navigate'] = (address, temporal, id) => {
    const versions = this.#require(address)
    const session = id === undefined ? newSession : this.#sessions.get(id)
    if (session === undefined) throw new Fault('SESSION_UNKNOWN', 'missing', { message: 'no such session', data: { session: id ?? null } })
    const moved = moveSession(session, { temporal, history: historyOf(versions), at: this.#now, maxSteps: 16 })
    const name = id ?? `session-${this.#sessions.size + 1}`
    this.#sessions.set(name, moved.session)
    return { session: name, version: pick(versions, moved.navigation), ...this.#position(versions), steps: moved.session.steps }
  }

  readonly discover: UcxiStore['discover'] = (pattern, { limit, cursor = '' }) => {
    const newest = [...this.#resources.values()].flatMap((versions) => versions.slice(-1))
    const found = newest.filter(({ resource, address }) => resource > cursor && matchResource(pattern, parseAddress(address)))
    const items = found
      .slice(0, limit)
      .map((last) => ({ resource: last.resource, first: 1, last: last.version, newest: last, providers: [...providers] }))
    return { items, cursor: found.length > limit ? items.at(-1)?.resource : undefined }
  }

  readonly query: UcxiStore['query'] = ({ pattern, text = '', limit, cursor }) => {
    const page = this.discover(pattern, { limit, cursor })
    return { ...page, items: page.items.filter(({ resource }) => this.#resources.get(resource)?.at(-1)?.bytes.includes(text)) }
  }

  readonly watch: UcxiStore['watch'] = async function* (
    this: MemoryContext,
    pattern: Address,
    { signal, after }: Parameters<UcxiStore['watch']>[1],
  ) {
    const waiting = after === undefined ? [] : this.#events.filter(({ id }) => id > after)
    let wake = (): void => {}
    const tell = (event: UcxiEvent): void => {
      waiting.push(event)
      wake()
    }
    signal.addEventListener('abort', () => wake())
    this.#watchers.add(tell)
    while (!signal.aborted) {
      const event = waiting.shift()
      if (event === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else if (matchResource(pattern, parseAddress(event.version.address))) yield event
    }
    this.#watchers.delete(tell)
  }.bind(this)

  readonly announce: UcxiStore['announce'] = async ({ address, checksum }) => {
    const version = this.#require(address).at(-1)
    if (version === undefined || (checksum !== undefined && checksum !== version.cid))
      throw new Fault('CHECKSUM_DIFFERS', 'conflict', { message: 'it is another', data: { field: 'checksum' } })
    const isNew = !this.#announced.has(version.resource)
    this.#announced.add(version.resource)
    const said = { provider: 'node-of-ada', expiresAt: firstMoment + 3_600_000 }
    if (isNew) this.#happen({ event: 'announced', version, ...said })
    return { status: isNew ? 'announced' : 'refreshed', version, ...said }
  }

  readonly status: UcxiStore['status'] = () => ({
    resources: this.#resources.size,
    versions: [...this.#resources.values()].flat().length,
    deleted: 0,
    contested: 0,
    sessions: this.#sessions.size,
    agents: ['ada'],
    copies: { target: 2, members: 2, below: 1, isChecking: false },
    announced: { own: this.#announced.size, known: 2 },
    resolver: { asked: 3, cached: 1, told: 1, missed: 1, refused: 0, remembered: 2 },
  })

  /** Readers that watch now. */
  get watching(): number {
    return this.#watchers.size
  }

  async #take({ body }: UcxiPut): Promise<Buffer> {
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of body) {
      size += part.byteLength
      if (size > maxTestBytes) throw new Fault('CONTEXT_TOO_LARGE', 'invalid', { message: 'too long', data: { maxBytes: maxTestBytes } })
      parts.push(part)
    }
    return Buffer.concat(parts)
  }

  #needCondition(address: Address, condition: UcxiPut['condition']): void {
    const newest = this.#resources.get(formatResource(address))?.at(-1)
    const cid = newest?.cid ?? null
    if (condition === undefined || (condition.is === 'absent' ? cid === null : cid === condition.cid)) return
    const data = { resource: formatResource(address), version: newest?.version ?? 0, cid }
    throw new Fault('CONDITION_FAILED', 'conflict', { message: 'another version is the newest', data })
  }

  #require(address: Address): readonly Kept[] {
    const resource = formatResource(address)
    const versions = this.#resources.get(resource)
    if (versions === undefined)
      throw new Fault('RESOURCE_MISSING', 'missing', { message: `no version of ${resource} is known here`, data: { resource } })
    return versions
  }

  #add(address: Address, said: Pick<Kept, 'cid' | 'mediaType' | 'size' | 'metadata' | 'bytes'>): Kept {
    const resource = formatResource(address)
    const versions = this.#resources.get(resource) ?? []
    const number = versions.length + 1
    const version: Kept = {
      ...said,
      resource,
      address: formatAddress({ ...address, temporal: { kind: 'specific', version: number } }),
      version: number,
      writer: 'node-of-ada',
      owner: 'owner-of-ada',
      at: this.#now,
      isContested: false,
    }
    this.#now += 1_000
    this.#resources.set(resource, [...versions, version])
    this.#happen({ event: said.cid === null ? 'deleted' : 'stored', version })
    return version
  }

  #happen(event: Omit<UcxiEvent, 'id'>): void {
    const told = { ...event, id: this.#events.length + 1 }
    this.#events.push(told)
    for (const tell of this.#watchers) tell(told)
  }

  #position(versions: readonly Kept[]): { readonly first: number; readonly last: number; readonly knownUntil: number } {
    return { first: 1, last: versions.length, knownUntil: this.#now }
  }
}

function stored({ bytes: _bytes, ...version }: Kept, status: UcxiStored['status'], replicas: UcxiStored['replicas']): UcxiStored {
  return { ...version, status, replicas }
}

function historyOf(versions: readonly Kept[]) {
  return {
    first: 1,
    last: versions.length,
    reference: versions.length,
    versionAt: (at: number) => versions.findLast((version) => version.at <= at)?.version,
  }
}

function pick(versions: readonly Kept[], navigation: Navigation): Kept {
  const found = navigation.outcome === 'found' ? versions[navigation.version - 1] : undefined
  if (found !== undefined) return found
  if (navigation.outcome === 'outOfBounds') {
    const { requested, min, max } = navigation
    throw new Fault('TEMPORAL_OUT_OF_BOUNDS', 'invalid', {
      message: `version ${requested} is not among ${min} to ${max}`,
      data: { requested, min, max },
    })
  }
  throw new Fault('RESOURCE_MISSING', 'missing', { message: 'no version at that moment' })
}
