import type { TestContext } from 'node:test'
import { createSeededChance } from '../../lib/chance.ts'
import type { SkewedClock, VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { MemoryNetwork } from '../../network/memory.ts'
import { createMemoryNetwork, quietNetwork } from '../../network/memory.ts'
import type { MemoryNetworkOptions } from '../../network/memory-contract.ts'
import type { ContextOptions } from '../context.ts'
import type { Stand, StandOptions } from './stand.ts'
import { Names, openStand, startsAt, textOf } from './stand.ts'

/** Members of one hive on virtual time: real journals, replication, exchange and context over a network in memory. */
export interface Cluster {
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  readonly names: Names
  /** A member that writes as its own name. */
  readonly open: (name: string, given?: Partial<StandOptions>) => Promise<Member>
  /** Each is connected to each. */
  readonly connect: (...members: readonly Pick<Member, 'host' | 'node'>[]) => Promise<void>
  /** Lets time pass until something is so, looking every `stepMs`. @throws Error after ten minutes */
  readonly until: (isSo: () => boolean, stepMs?: number) => Promise<void>
}

export interface Member extends Stand {
  readonly skewed: SkewedClock
  /** Ends the node, as its process would. */
  readonly stop: () => Promise<void>
}

const longestWaitMs = 600_000

export async function useCluster(
  t: TestContext,
  {
    seed = 7,
    options = {},
    ...network
  }: { readonly seed?: number; readonly options?: Partial<ContextOptions> } & Partial<MemoryNetworkOptions> = {},
): Promise<Cluster> {
  const clock = createVirtualClock({ startsAt })
  const chance = createSeededChance(seed)
  const world = createMemoryNetwork({ clock, chance }, { ...quietNetwork, ...network })
  const names = new Names()
  const stack = new AsyncDisposableStack()
  t.after(() => clock.run(Promise.resolve(stack.disposeAsync())))
  const { signal } = new AbortController()
  return {
    clock,
    network: world,
    names,
    open: async (name, given = {}) => {
      names.grant(name, name).enroll(name, [])
      const skewed = clock.withSkew(0)
      const parts = { clock, ownClock: skewed, chance, names, network: world, agents: [name] }
      const stand = await clock.run(openStand(name, { ...parts, ...given, options: { ...options, ...given.options } }))
      let isOpen = true
      const stop = async (): Promise<void> => {
        if (isOpen) await clock.run(Promise.resolve(stand[Symbol.asyncDispose]()))
        isOpen = false
      }
      stack.defer(async () => {
        if (isOpen) await stand[Symbol.asyncDispose]()
      })
      const put: Stand['put'] = (...args) => clock.run(stand.put(...args))
      const get: Stand['get'] = (...args) => clock.run(stand.get(...args))
      const read = async (address: string): Promise<string> => clock.run(stand.get(address).then(textOf))
      return { ...stand, put, get, read, skewed, stop }
    },
    connect: async (...members) => {
      for (const [index, { host }] of members.entries()) {
        for (const { node } of members.slice(index + 1)) {
          const isThere = host?.connections().some(({ peer }) => peer === node) === true
          if (!isThere) await clock.run(host?.dial(`/memory/${node}/p2p/${node}`, { signal }) ?? Promise.resolve(node))
        }
      }
      await clock.advance(100)
    },
    until: async (isSo, stepMs = 100) => {
      for (let waited = 0; !isSo(); waited += stepMs) {
        if (waited >= longestWaitMs) throw new Error(`that was not so after ${longestWaitMs} ms`)
        await clock.advance(stepMs)
      }
    },
  }
}

/** Whether a member has the content of the newest version of a resource whole. */
export function hasNewest({ content, database }: Stand, resource: string): boolean {
  const row = database.get<{ readonly cid: Parameters<Stand['content']['stat']>[0] | null }>(
    'select cid from context_resource where resource = ? and last > 0',
    resource,
  )
  return row?.cid !== undefined && row.cid !== null && content.stat(row.cid)?.isWhole === true
}
