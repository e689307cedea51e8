import type { Chance } from '../../src/lib/chance.ts'

/** One thing that goes wrong, at a time in milliseconds since the start. Nodes are numbers. */
export type SimulatedFault = { readonly at: number; readonly forMs: number } & (
  | { readonly type: 'partition'; readonly groupOf: readonly number[] }
  | { readonly type: 'one-way'; readonly nodes: readonly number[] }
  | { readonly type: 'noise'; readonly loss: number; readonly duplicates: number; readonly jitterMs: number }
  | { readonly type: 'sleep'; readonly nodes: readonly number[] }
  | { readonly type: 'skew'; readonly node: number; readonly offsetMs: number }
  | { readonly type: 'restart'; readonly node: number }
  | { readonly type: 'restore'; readonly node: number; readonly isMarked: boolean }
)

/** One thing a node writes. */
export interface SimulatedWrite {
  readonly at: number
  readonly node: number
  readonly text: string
}

export interface Script {
  readonly faults: readonly SimulatedFault[]
  readonly writes: readonly SimulatedWrite[]
  /** One node is thrown out in the middle; what it wrote past a position counts nowhere. */
  readonly revocation: { readonly at: number; readonly node: number } | undefined
  /** From here on nothing goes wrong and nothing is written. */
  readonly calmAt: number
  readonly endsAt: number
}

export interface ScriptOptions {
  readonly nodes: number
  readonly minutes: number
  readonly revokes: boolean
  /** Faults a minute in a hive of up to a hundred nodes; in a larger one they grow as the root of its size. */
  readonly faultsPerMinute: number
}

/** Share of the time before which all that goes wrong is over; the rest is for healing. */
const troubledShare = 0.6
/** Writes a minute, whatever the size of the hive. */
const writesPerMinute = 30

/** What goes wrong and what is written in one simulation: a function of the chance it is given. */
export function drawScript(chance: Chance, options: ScriptOptions): Script {
  const endsAt = options.minutes * 60_000
  const calmAt = Math.floor(endsAt * troubledShare)
  const between = (low: number, high: number): number => low + Math.floor(chance.fraction() * (high - low))
  const count = Math.ceil(options.minutes * troubledShare * options.faultsPerMinute * Math.max(1, Math.sqrt(options.nodes / 100)))
  const faults = Array.from({ length: count }, () => drawFault(chance, { ...options, at: between(5_000, calmAt - 5_000), calmAt }))
  const writes = Array.from({ length: Math.ceil(options.minutes * troubledShare * writesPerMinute) }, (_, index) => ({
    at: between(1_000, calmAt),
    node: between(0, options.nodes),
    text: `record ${index}`,
  }))
  const revocation = options.revokes ? { at: Math.floor(calmAt / 2), node: between(1, options.nodes) } : undefined
  return {
    faults: faults.filter((fault) => !isAway(fault, revocation?.node)).toSorted((a, b) => a.at - b.at),
    writes: writes.toSorted((a, b) => a.at - b.at),
    revocation,
    calmAt,
    endsAt,
  }
}

/** Who is thrown out stays there until then: what it lost with a disk and what it lost with its membership would be told apart by nobody. */
function isAway(fault: SimulatedFault, node: number | undefined): boolean {
  return (fault.type === 'restart' || fault.type === 'restore') && fault.node === node
}

function drawFault(chance: Chance, options: ScriptOptions & { readonly at: number; readonly calmAt: number }): SimulatedFault {
  const { nodes, at, calmAt } = options
  const below = (limit: number): number => Math.floor(chance.fraction() * limit)
  const when = { at, forMs: Math.min(3_000 + below(40_000), calmAt - at) }
  switch (below(8)) {
    case 0:
      return { ...when, type: 'partition', groupOf: Array.from({ length: nodes }, () => below(2)) }
    case 1:
      return { ...when, type: 'one-way', nodes: Array.from({ length: Math.ceil(nodes / 20) }, () => below(nodes)) }
    case 2:
      return { ...when, type: 'noise', loss: 0.3, duplicates: 0.1, jitterMs: 300 }
    case 3:
      return { ...when, type: 'sleep', nodes: Array.from({ length: Math.ceil(nodes / 20) }, () => below(nodes)) }
    case 4:
      return { ...when, type: 'skew', node: below(nodes), offsetMs: (chance.fraction() - 0.5) * 7_200_000 }
    case 5:
      return { ...when, type: 'restore', node: below(nodes), isMarked: chance.fraction() < 0.5 }
    default:
      return { ...when, type: 'restart', node: below(nodes) }
  }
}
