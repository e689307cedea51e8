import type { Chance } from '../../../src/lib/chance.ts'

/** A machine by its number, or the one that works on most tasks when the fault begins. */
export type Victim = number | 'busiest'

/** One thing that goes wrong, from a time on, in milliseconds since the start. */
export type ClaimFault = { readonly at: number; readonly forMs: number } & (
  | Kinds<'kill' | 'term' | 'restore-home' | 'prompt' | 'twin', { readonly machine: Victim }>
  | Kinds<'stop' | 'lid' | 'cut' | 'deaf' | 'late', { readonly machines: readonly Victim[] }>
  | Kinds<'skew', { readonly machine: number; readonly offsetMs: number }>
  | Kinds<'partition', { readonly groupOf: readonly number[] }>
  // shares of requests, and of answers; as bad as it gets where they are not said
  | Kinds<'noise', { readonly loss?: number; readonly duplicates?: number }>
  | Kinds<'slow' | 'flap' | 'down' | 'refuse' | 'pretend' | 'lag' | 'glitch' | 'rewind' | 'silence', object>
)

/** A member of the union for each type of fault. */
type Kinds<Type extends string, Fields> = Type extends string ? { readonly type: Type } & Fields : never

export interface ClaimsScript {
  readonly faults: readonly ClaimFault[]
  /** When each task is asked for. */
  readonly tasks: readonly number[]
  /** From here on nothing goes wrong. */
  readonly calmAt: number
  readonly endsAt: number
  /** How long an agent works on each task, in milliseconds; drawn for each where it is not said. */
  readonly workMs?: number
}

export interface ClaimsScriptOptions {
  readonly nodes: number
  readonly tasks: number
  /** Whether anything goes wrong. */
  readonly isTroubled: boolean
}

/** Three leases: the longest that a process is stopped or a lid closed, in milliseconds. */
const longestSleepMs = 180_000
const troubledMs = 600_000
const calmMs = 1_200_000
/** Faults in a troubled time; more machines have more of those that hit one of them. */
const faultsPerMachine = 0.8
const fewestFaults = 14

/** For each of those the server has so many times of so many milliseconds in which it does not give all commits it names. */
const glitchesPerFault = 0.15
const glitchMs = 40_000

const ofOne = ['kill', 'kill', 'term', 'restore-home', 'prompt'] as const
const ofSome = ['stop', 'lid', 'cut', 'deaf', 'late'] as const
const ofAll = ['noise', 'slow', 'flap', 'down', 'refuse', 'pretend', 'lag', 'rewind', 'silence', 'partition', 'skew', 'twin'] as const

/** What goes wrong and when tasks come: a function of the chance it is given. */
export function drawClaimsScript(chance: Chance, { nodes, tasks, isTroubled }: ClaimsScriptOptions): ClaimsScript {
  const count = isTroubled ? Math.max(fewestFaults, Math.round(nodes * faultsPerMachine)) : 0
  const faults = Array.from({ length: count }, () => drawFault(chance, nodes))
  // half of them are there at once: a herd is what a morning looks like
  const asked = Array.from({ length: tasks }, (_, index) => (index % 2 === 0 ? 0 : Math.floor(chance.fraction() * troubledMs * 0.8)))
  for (let index = 0; index < count * glitchesPerFault; index++)
    faults.push({ type: 'glitch', at: Math.floor(chance.fraction() * (troubledMs - glitchMs)), forMs: glitchMs })
  return {
    faults: faults.toSorted((a, b) => a.at - b.at),
    tasks: asked.toSorted((a, b) => a - b),
    calmAt: isTroubled ? troubledMs : 0,
    endsAt: troubledMs + calmMs,
  }
}

/** Everybody is there by then, in milliseconds. */
const startMs = 5_000

/** A script in which nothing is drawn: so many tasks at once, and just these faults. */
export function playFaults(
  faults: readonly ClaimFault[],
  { tasks, workMs }: { readonly tasks: number; readonly workMs: number },
): ClaimsScript {
  const calmAt = Math.max(0, ...faults.map(({ at, forMs }) => at + forMs))
  return {
    faults: faults.toSorted((a, b) => a.at - b.at),
    tasks: Array.from({ length: tasks }, () => startMs),
    calmAt,
    endsAt: calmAt + calmMs,
    workMs,
  }
}

function drawFault(chance: Chance, nodes: number): ClaimFault {
  const below = (limit: number): number => Math.floor(chance.fraction() * limit)
  const pick = <T>(list: readonly [T, ...T[]]): T => list[below(list.length)] ?? list[0]
  const at = 5_000 + below(troubledMs - 40_000)
  const shortly = { at, forMs: 5_000 + below(Math.min(60_000, troubledMs - at - 5_000)) }
  const machine = below(nodes)
  const kind = chance.fraction()
  // some machines stay away for longer than a lease and all that comes after it
  const away = chance.fraction() < 0.3 ? { at, forMs: troubledMs - at } : shortly
  if (kind < 0.35) return { ...away, type: pick(ofOne), machine }
  if (kind < 0.65) {
    const machines = [...new Set(Array.from({ length: 1 + below(Math.ceil(nodes / 4)) }, () => below(nodes)))]
    return { at, forMs: Math.min(10_000 + below(longestSleepMs), troubledMs - at), type: pick(ofSome), machines }
  }
  const type = pick(ofAll)
  if (type === 'partition') return { ...shortly, type, groupOf: Array.from({ length: nodes }, () => below(2)) }
  if (type === 'skew') return { ...shortly, type, machine, offsetMs: (chance.fraction() - 0.5) * 7_200_000 }
  if (type === 'twin') return { ...shortly, type, machine }
  return { ...shortly, type }
}
