import type { TestContext } from 'node:test'
import type { PeerId, SigningKey } from '../../identity/keys.ts'
import { keyOf, nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import { fleetHostOptions } from '../../journal/testing/fleet.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { silentLog } from '../../lib/log.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { Host } from '../../network/host.ts'
import type { MemoryNetwork } from '../../network/memory.ts'
import { createMemoryNetwork, quietNetwork } from '../../network/memory.ts'
import type { WorkerOffer } from '../rules/worker-book.ts'
import { HelpLine } from '../talk/help-line.ts'
import { newsReader } from '../talk/protocol.ts'
import { TaskTalk } from '../talk/task-talk.ts'
import { testProject } from './test-names.ts'

/** A member that talks of tasks. */
export interface TalkPeer {
  readonly name: string
  readonly node: PeerId
  readonly key: SigningKey
  readonly host: Host
  readonly talk: TaskTalk
  readonly help: HelpLine
}

export interface TalkBench {
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  readonly seed: number
  /** Members, each connected to each unless it is said who is connected. */
  readonly open: (names: readonly string[], pairs?: readonly (readonly [string, string])[]) => Promise<readonly TalkPeer[]>
}

/** What a worker of the tests says of itself. */
export const testOffer: WorkerOffer = {
  agent: 'ada-laptop:backend',
  projects: [testProject],
  labels: ['bzzz-task'],
  types: [],
  scopes: [],
  models: ['ollama/qwen3-coder'],
  slots: 3,
  answers: false,
}

/** Longest wait of a member for help, in milliseconds. */
export const testHelpTimeoutMs = 60_000

/** Members of one hive on virtual time, over a network in memory. `members`: whom each takes for a member. */
export function openTalkBench(
  t: TestContext,
  { seed = 1, isMember = () => true }: { readonly seed?: number; readonly isMember?: (node: PeerId) => boolean } = {},
): TalkBench {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const chance = createSeededChance(seed)
  const network = createMemoryNetwork({ clock, chance }, quietNetwork)
  const stack = new AsyncDisposableStack()
  t.after(() => clock.run(Promise.resolve(stack.disposeAsync())))
  const { signal } = new AbortController()
  const openOne = (name: string): TalkPeer => {
    const [key, node] = [keyOf(name), nodeOf(name)]
    const host = stack.use(network.openHost(node, fleetHostOptions))
    const shared = { hive: testHive, host, clock, chance, log: silentLog }
    const talk = stack.use(new TaskTalk({ ...shared, key, isMember, reader: newsReader }))
    const help = stack.use(new HelpLine({ ...shared, talk }, { helpTimeoutMs: testHelpTimeoutMs }))
    return { name, node, key, host, talk, help }
  }
  return {
    clock,
    network,
    seed,
    open: async (names, pairs) => {
      const peers = names.map(openOne)
      for (const one of peers) for (const other of peers) if (one !== other) one.host.admit(other.node)
      const wanted = pairs ?? names.flatMap((name, index) => names.slice(index + 1).map((other) => [name, other] as const))
      for (const [one, other] of wanted) {
        const host = peers.find(({ name }) => name === one)?.host
        if (host !== undefined) await clock.run(host.dial(`/memory/${nodeOf(other)}/p2p/${nodeOf(other)}`, { signal }))
      }
      await clock.advance(100)
      return peers
    },
  }
}
