import type { OwnerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database, Reader } from '../store/database.ts'

/** What the person of this node says of one owner. */
export interface Acquaintance {
  readonly owner: OwnerId
  /** A name of their own choice, shown for the fingerprint in open hives. */
  readonly petname: string | undefined
  readonly isFollowed: boolean
  readonly isBlocked: boolean
}

/** A package that is blocked, whatever else its owner has. */
export interface BlockedPackage {
  readonly owner: OwnerId
  readonly name: string
}

/** Owners and packages of which the person of this node wants nothing. */
export function listBlocks(reader: Reader): { readonly owners: readonly OwnerId[]; readonly packages: readonly BlockedPackage[] } {
  const owners = reader.all<{ readonly owner: OwnerId }>('select owner from acquaintance where blocked_at is not null order by owner')
  const packages = reader.all<BlockedPackage>('select owner, name from blocked_package order by owner, name')
  return { owners: owners.map(({ owner }) => owner), packages }
}

interface Row {
  readonly owner: OwnerId
  readonly petname: string | null
  readonly followed_at: number | null
  readonly blocked_at: number | null
}

type Column = 'petname' | 'followed_at' | 'blocked_at'

/** Whom the person of this node follows, blocks, and calls by names of their own. Local to the home: nobody is told. */
export class Acquaintances {
  readonly #database: Database
  readonly #clock: Pick<Clock, 'now'>
  readonly #known = new Map<string, Acquaintance>()
  readonly #blocked = new Map<string, BlockedPackage>()

  constructor(deps: { readonly database: Database; readonly clock: Pick<Clock, 'now'> }) {
    this.#database = deps.database
    this.#clock = deps.clock
    this.#read()
  }

  list(): readonly Acquaintance[] {
    return [...this.#known.values()]
  }

  blockedPackages(): readonly BlockedPackage[] {
    return [...this.#blocked.values()]
  }

  readonly isFollowed = (owner: string): boolean => this.#known.get(owner)?.isFollowed === true

  /** Whether an owner is blocked, or one package of it. */
  readonly isBlocked = (owner: string, name?: string): boolean =>
    this.#known.get(owner)?.isBlocked === true || (name !== undefined && this.#blocked.has(`${owner}/${name}`))

  readonly petnameOf = (owner: OwnerId): string | undefined => this.#known.get(owner)?.petname

  readonly findPetname = (petname: string): OwnerId | undefined => this.list().find((each) => each.petname === petname)?.owner

  /** Undefined takes the name off. The name is free, or this owner's already. */
  async name(owner: OwnerId, petname: string | undefined): Promise<void> {
    await this.#set(owner, 'petname', petname ?? null)
  }

  async follow(owner: OwnerId, isFollowed: boolean): Promise<void> {
    await this.#set(owner, 'followed_at', isFollowed ? this.#clock.now() : null)
  }

  async block(owner: OwnerId, isBlocked: boolean): Promise<void> {
    await this.#set(owner, 'blocked_at', isBlocked ? this.#clock.now() : null)
  }

  async blockPackage({ owner, name }: BlockedPackage, isBlocked: boolean): Promise<void> {
    await this.#database.write((tx) => {
      if (isBlocked) tx.run('insert or ignore into blocked_package (owner, name, at) values (?, ?, ?)', owner, name, this.#clock.now())
      else tx.run('delete from blocked_package where owner = ? and name = ?', owner, name)
    })
    this.#read()
  }

  async #set(owner: OwnerId, column: Column, value: string | number | null): Promise<void> {
    await this.#database.write((tx) => {
      tx.run(
        `insert into acquaintance (owner, ${column}) values (?, ?) on conflict do update set ${column} = excluded.${column}`,
        owner,
        value,
      )
      tx.run('delete from acquaintance where petname is null and followed_at is null and blocked_at is null')
    })
    this.#read()
  }

  #read(): void {
    this.#known.clear()
    for (const row of this.#database.all<Row>('select owner, petname, followed_at, blocked_at from acquaintance order by owner')) {
      const { owner, petname } = row
      this.#known.set(owner, {
        owner,
        petname: petname ?? undefined,
        isFollowed: row.followed_at !== null,
        isBlocked: row.blocked_at !== null,
      })
    }
    this.#blocked.clear()
    for (const each of listBlocks(this.#database).packages)
      this.#blocked.set(`${each.owner}/${each.name}`, { owner: each.owner, name: each.name })
  }
}
