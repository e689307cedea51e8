import { Fault } from '../../lib/fault.ts'
import type { ObjectId } from '../git/objects.ts'
import type { FetchedCommits, GitRemote } from '../git/remote.ts'

/** A value whose commits are not here yet, and the newest of its chain that are. */
export interface WantedChain {
  readonly value: ObjectId
  readonly have: ObjectId | undefined
}

/** How often a value was asked for and not read, and how many looks it is left alone. */
interface Refusal {
  readonly times: number
  readonly rests: number
}

/** A value that is not given is asked for again at the next look, then ever more seldom, up to so many looks apart: each may be an answer of megabytes. */
const mostRests = 63

/**
 * Fetches the commits of chains, many at once. Where one of them cannot be had (a replica that lags, a page of some portal, too much behind it), those of
 * the others.
 */
export class ChainFetcher {
  readonly #remote: Pick<GitRemote, 'fetchCommits'>
  readonly #refusals = new Map<ObjectId, Refusal>()

  constructor({ remote }: { readonly remote: Pick<GitRemote, 'fetchCommits'> }) {
    this.#remote = remote
  }

  /** What the server gives of them. @throws the faults of a git server, but for REMOTE_MISSING and those of kind `invalid` */
  async fetch(wanted: readonly WantedChain[], { signal }: { readonly signal: AbortSignal }): Promise<FetchedCommits> {
    const asked = wanted.filter(({ value }) => !this.#rests(value))
    const fetched = await this.#fetch(asked, signal)
    for (const { value } of asked) {
      const times = this.#refusals.get(value)?.times ?? 0
      this.#refusals.set(value, { times: times + 1, rests: Math.min(mostRests, 2 ** times - 1) })
    }
    return fetched
  }

  /** Notes that all of a value came. */
  read(value: ObjectId): void {
    this.#refusals.delete(value)
  }

  /** Forgets every other value. */
  retain(values: Pick<ReadonlySet<ObjectId>, 'has'>): void {
    for (const value of this.#refusals.keys()) if (!values.has(value)) this.#refusals.delete(value)
  }

  #rests(value: ObjectId): boolean {
    const refusal = this.#refusals.get(value)
    if (refusal === undefined || refusal.rests === 0) return false
    this.#refusals.set(value, { ...refusal, rests: refusal.rests - 1 })
    return true
  }

  async #fetch(wanted: readonly WantedChain[], signal: AbortSignal): Promise<FetchedCommits> {
    const want = [...new Set(wanted.map(({ value }) => value))]
    const have = wanted.flatMap((chain) => chain.have ?? [])
    if (want.length === 0) return { commits: new Map(), others: new Map() }
    try {
      return await this.#remote.fetchCommits({ want, have }, { signal })
    } catch (error) {
      if (!(error instanceof Fault) || (error.kind !== 'invalid' && error.kind !== 'missing')) throw error
      if (want.length === 1) return { commits: new Map(), others: new Map() }
      const half = Math.ceil(wanted.length / 2)
      const halves = [await this.#fetch(wanted.slice(0, half), signal), await this.#fetch(wanted.slice(half), signal)]
      return {
        commits: new Map(halves.flatMap(({ commits }) => [...commits])),
        others: new Map(halves.flatMap(({ others }) => [...others])),
      }
    }
  }
}
