import { describeError } from '../../lib/fault.ts'
import { withDeadline } from '../../lib/deadline.ts'
import type { OwnerId } from '../../identity/keys.ts'
import type { MarketDeps, MarketHive, RefreshOptions, RegistryBook } from '../market.ts'
import type { PackageName } from '../rules/names.ts'
import { compareNewest } from '../rules/versions.ts'
import { clearName, indexEverything, indexVersion } from './index-names.ts'
import { registryFaults } from './faults.ts'
import type { RegistryOptions } from './options.ts'
import { createRegistryHive } from './registry-hive.ts'
import type { RegistryMembership } from './registry-membership.ts'
import { readMembership } from './registry-membership.ts'
import type { RegistryRow } from './registry-table.ts'
import {
  countNames,
  deleteRegistry,
  getFile,
  insertRegistry,
  isAsked,
  listKeptNames,
  listOffered,
  listRegistries,
  noteAnswer,
} from './registry-table.ts'
import { isName } from '../../identity/certificate.ts'
import { parseRegistryUrl } from './rules/judge-url.ts'
import { namesPath } from './rules/registry-paths.ts'
import { hedge } from './hedge.ts'
import { fetchConfig, fetchMembers, syncEverything, syncNames, takeMembers } from './sync.ts'
import { joinMemberships } from './join-memberships.ts'

export type RegistriesDeps = Pick<MarketDeps, 'database' | 'content' | 'clock' | 'log' | 'acquaintances'>

/** Registries of one node at most: every command waits for them. */
const maxRegistries = 16

interface RefreshRequest {
  readonly names: readonly PackageName[] | 'everything'
  readonly signal: AbortSignal
  /** The same, and over after the time that is waited for registries. */
  readonly limited: AbortSignal
  /** Asks also for what is young, and for all of it. */
  readonly isForced: boolean
  readonly follow: NonNullable<RefreshOptions['follow']>
}

/** The registries of a node. */
export class Registries implements RegistryBook {
  readonly #deps: RegistriesDeps
  readonly #options: RegistryOptions
  /** Read again when what is said of members may have changed: its entries and certificates are counted. */
  readonly #memberships = new Map<number, { readonly mark: string; readonly membership: RegistryMembership }>()
  #hive: MarketHive | undefined

  constructor(deps: RegistriesDeps, options: RegistryOptions) {
    this.#deps = deps
    this.#options = options
  }

  readonly ask = (hive: MarketHive): MarketHive => {
    this.#hive = hive
    if (this.#options.mode === 'p2p') return hive
    const registries = this.#open(hive)
    if (this.#options.mode === 'hybrid') return registries.length === 0 ? hive : joinHives([hive, ...registries])
    if (registries.length === 0) throw noRegistry()
    return joinHives(registries)
  }

  readonly findSource = (source: string): MarketHive | undefined => {
    if (this.#options.mode === 'p2p' || this.#hive === undefined) return undefined
    return this.#open(this.#hive).find((registry) => registry.source === source)
  }

  readonly refresh = async (names: readonly PackageName[] | 'everything', { signal, follow }: RefreshOptions): Promise<void> => {
    const rows = this.#options.mode === 'p2p' ? [] : this.list().filter(isAsked)
    if (rows.length === 0) return
    await this.renew()
    const limited = withDeadline(this.#deps.clock, this.#patienceFor(names), signal)
    const request = { names, signal, limited, isForced: false, follow: follow ?? (() => []) }
    // few: `maxRegistries`
    const problems = await Promise.all(rows.map((row) => this.#refreshOne(row, request)))
    const isNothing = rows.every(({ id }, index) => problems[index] !== undefined && countNames(this.#deps.database, id) === 0)
    if (this.#options.mode === 'central' && isNothing) throw nobodyAnswered({ rows, problems, names })
  }

  readonly newestOffered = (hive: MarketHive, key: { readonly owner: OwnerId; readonly name: string }): string | undefined => {
    const row = this.list().find((each) => each.hive === hive.hive)
    const versions = row === undefined ? [] : listOffered(this.#deps.database, row.id, key)
    return versions.toSorted((a, b) => compareNewest({ version: a, at: 0 }, { version: b, at: 0 })).at(-1)
  }

  readonly hedge: RegistryBook['hedge'] = (exchanges) => hedge(exchanges, { clock: this.#deps.clock, hedgeMs: this.#options.hedgeMs })

  get showsForeign(): boolean {
    return this.#options.mode !== 'p2p'
  }

  readonly list = (): readonly RegistryRow[] => listRegistries(this.#deps.database)

  /** Asks a registry what it is, keeps it, and what it says of members. @throws Fault REGISTRY_URL_INVALID, REGISTRY_NAME_INVALID, REGISTRY_EXISTS, and of `fetchConfig` */
  async add({
    name,
    url: text,
    signal,
  }: {
    readonly name: string
    readonly url: string
    readonly signal: AbortSignal
  }): Promise<RegistryRow> {
    const url = parseRegistryUrl(text)
    if (url === undefined) throw refuseUrl(text)
    this.refuseKnown(name, url)
    const { database, clock } = this.#deps
    const { genesis, isPrivate } = await fetchConfig(this.#options, url, signal)
    const members = await fetchMembers(this.#whole(), { name, url, isPrivate, genesis }, { known: undefined, signal })
    // all at once: what is refused, or interrupted, leaves nothing
    return database.write((tx) => {
      this.refuseKnown(name, url)
      const row = insertRegistry(tx, { name, url, isPrivate, genesis, now: clock.now(), viewVersion: indexVersion })
      if (typeof members !== 'string') takeMembers(tx, row, members)
      return row
    })
  }

  /** Nothing, unless a name is none, or is taken, or there is no room. @throws Fault REGISTRY_NAME_INVALID, REGISTRY_EXISTS */
  refuseKnown(name: string, url: string): void {
    if (!isName(name) || name.length > 32 || name.startsWith('-')) throw refuseName(name)
    const rows = this.list()
    const known = rows.find((row) => row.name === name || row.url === url)
    if (known === undefined && rows.length < maxRegistries) return
    const why = known === undefined ? `there are ${rows.length} already` : `"${known.name}" is ${known.url}`
    throw registryFaults.create('REGISTRY_EXISTS', {
      message: `the registry was not added: ${why}. Remove one first: \`althing registry remove NAME\`.`,
      data: { name: known?.name ?? name, url: known?.url ?? url },
    })
  }

  /** Brings all that registries say here, however long it takes; the registries as they are then. */
  async sync(rows: readonly RegistryRow[], { signal }: { readonly signal: AbortSignal }): Promise<readonly RegistryRow[]> {
    await this.renew()
    const request: RefreshRequest = { names: 'everything', signal, limited: signal, isForced: true, follow: () => [] }
    await Promise.all(rows.filter(isAsked).map((row) => this.#refreshOne(row, request)))
    return rows.map(({ name }) => this.get(name))
  }

  /** Forgets a registry, and all it said. @throws Fault REGISTRY_UNKNOWN */
  async remove(name: string): Promise<RegistryRow> {
    const row = this.get(name)
    await this.#deps.database.write((tx) => {
      for (const each of listKeptNames(tx, row.id)) clearName(tx, row, each, this.#deps)
      deleteRegistry(tx, row.id)
    })
    this.#memberships.delete(row.id)
    return row
  }

  /** The registry of a name. @throws Fault REGISTRY_UNKNOWN */
  get(name: string): RegistryRow {
    const rows = this.list()
    const found = rows.find((row) => row.name === name)
    if (found !== undefined) return found
    const known = rows.map((row) => row.name)
    throw registryFaults.create('REGISTRY_UNKNOWN', {
      message: `this node has no registry ${JSON.stringify(name.slice(0, 64).toWellFormed())}. ${known.length === 0 ? 'Add one: `althing registry add NAME URL`.' : `There are: ${known.join(', ')}`}`,
      data: { name: name.slice(0, 64).toWellFormed(), known },
    })
  }

  /** Brings the rows of registries to what the index of this program makes of their entries. */
  async renew(): Promise<void> {
    const rows = this.list()
    const blocked = this.#blockedMark()
    const isBlockedAnew = rows.length > 0 && blocked !== this.#blockedBefore()
    for (const row of rows) {
      if ((row.viewVersion === indexVersion && !isBlockedAnew) || row.genesis === undefined) continue
      const membership = this.#membershipOf(row, row.genesis)
      await this.#deps.database.write((tx) => indexEverything(tx, { row, membership }, this.#deps))
    }
    // last: who is ended before it makes all of them anew the next time
    if (isBlockedAnew)
      await this.#deps.database.write((tx) =>
        tx.run(`insert or replace into setting (name, value) values ('registry.blocked', ?)`, blocked),
      )
  }

  /** Whom and what this node blocks, as a text. */
  #blockedMark(): string {
    const { acquaintances } = this.#deps
    const owners = acquaintances.list().flatMap(({ owner, isBlocked }) => (isBlocked ? [owner] : []))
    const packages = acquaintances.blockedPackages().map(({ owner, name }) => `${owner}/${name}`)
    return [...owners, ...packages].toSorted().join(' ')
  }

  /** The same when the index was made. */
  #blockedBefore(): string {
    return this.#deps.database.get<{ readonly value: string }>(`select value from setting where name = 'registry.blocked'`)?.value ?? ''
  }

  async #refreshOne(row: RegistryRow, { names, signal, limited, isForced, follow }: RefreshRequest): Promise<string | undefined> {
    try {
      if (names === 'everything') await syncEverything(this.#whole(), row, { signal: limited, isForced })
      else await this.#syncFollowing(row, { names, signal: limited, follow })
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      const problem = describeError(error)
      this.#deps.log.warn(`the registry "${row.name}" did not answer; what is kept of it is used`, { problem })
      await this.#deps.database.writeSoon((tx) => noteAnswer(tx, row.id, { problem }))
      return problem
    }
  }

  /** Where something is known already, a registry that is slow holds nobody up. */
  #patienceFor(names: readonly PackageName[] | 'everything'): number {
    const { mode, hedgeMs, timeoutMs } = this.#options
    const { database } = this.#deps
    const isKnown = (name: string): boolean => database.get('select 1 from release where name = ? limit 1', name) !== undefined
    // of a registry that was just added nothing is known: a search that did not wait for it would find nothing
    const wasHeard = ({ id }: RegistryRow): boolean => getFile(database, id, namesPath) !== undefined
    const isEnough = names === 'everything' ? this.list().filter(isAsked).every(wasHeard) : names.every(isKnown)
    return mode === 'hybrid' && isEnough ? Math.min(hedgeMs, timeoutMs) : timeoutMs
  }

  async #syncFollowing(row: RegistryRow, { names, signal, follow }: Omit<RefreshRequest, 'limited' | 'isForced'>): Promise<void> {
    const asked = new Set<PackageName>()
    for (let next = names === 'everything' ? [] : names; ;) {
      const wanted = next.slice(0, this.#options.maxNames - asked.size)
      await syncNames(this.#whole(), row, { names: wanted, signal })
      for (const name of wanted) asked.add(name)
      next = [...new Set(wanted.flatMap((name) => follow(name)))].filter((name) => !asked.has(name))
      if (next.length === 0 || asked.size >= this.#options.maxNames) return
    }
  }

  #open(hive: MarketHive): readonly MarketHive[] {
    return this.list().flatMap((row) => {
      if (row.genesis === undefined) return []
      return [createRegistryHive(this.#whole(), { row, membership: this.#membershipOf(row, row.genesis), hive })]
    })
  }

  #membershipOf(row: RegistryRow, genesis: NonNullable<RegistryRow['genesis']>): RegistryMembership {
    const { database } = this.#deps
    const mark = JSON.stringify(
      database.get(
        `select (select count(*) from registry_entry where registry = ?1 and name = '') as members,
          (select count(*) from registry_certificate where registry = ?1) as certificates,
          (select sum(serial) from registry_certificate where registry = ?1) as serials`,
        row.id,
      ),
    )
    const known = this.#memberships.get(row.id)
    if (known?.mark === mark) return known.membership
    const membership = readMembership(database, row, genesis)
    this.#memberships.set(row.id, { mark, membership })
    return membership
  }

  #whole(): RegistriesDeps & { readonly options: RegistryOptions } {
    return { ...this.#deps, options: this.#options }
  }
}

/** Several sources asked as one: the first leads, and people are called the same by all. */
function joinHives(hives: readonly MarketHive[]): MarketHive {
  const joined = hives.map((hive) => ({ ...hive, membership: joinMemberships(hive, hives) }))
  const [first, ...others] = joined
  if (first === undefined) throw noRegistry()
  return { ...first, beside: others }
}

function noRegistry(): Error {
  return registryFaults.create('REGISTRY_NONE', {
    message:
      'registry.mode is central, and this node has no registry. Add one with `althing registry add NAME URL`, or set registry.mode to hybrid.',
  })
}

interface Silence {
  readonly rows: readonly RegistryRow[]
  readonly problems: readonly (string | undefined)[]
  /** What was asked for. */
  readonly names: readonly PackageName[] | 'everything'
}

function nobodyAnswered({ rows, problems, names }: Silence): Error {
  const registries = rows.map(({ name, url }, index) => ({ name, url, problem: problems[index] ?? '' }))
  return registryFaults.create('REGISTRY_UNREACHABLE', {
    message: `no registry answered, and nothing is kept of them: ${registries.map(({ name, problem }) => `${name} (${problem})`).join('; ')}. ${describeMissing(names)}Try again when it answers; \`althing registry list\` shows its URL, and with registry.mode = "hybrid" the members of the hive are asked as well.`,
    data: { registries, packages: names === 'everything' ? [] : [...names] },
  })
}

function describeMissing(names: Silence['names']): string {
  if (names === 'everything' || names.length === 0) return ''
  const more = names.length > 10 ? ` and ${names.length - 10} more` : ''
  return `So nobody here knows of ${names.slice(0, 10).join(', ')}${more}. `
}

function refuseUrl(url: string): Error {
  const shown = url.slice(0, 200).toWellFormed()
  return registryFaults.create('REGISTRY_URL_INVALID', {
    message: `${JSON.stringify(shown)} is no URL of a registry. Write it as https://registry.example/packages, without a password, query or fragment.`,
    data: { url: shown },
  })
}

function refuseName(name: string): Error {
  const shown = name.slice(0, 64).toWellFormed()
  return registryFaults.create('REGISTRY_NAME_INVALID', {
    message: `${JSON.stringify(shown)} is no name of a registry: 1 to 32 of a-z, 0-9 and hyphens, such as "office".`,
    data: { name: shown },
  })
}
