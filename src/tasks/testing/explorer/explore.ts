import type { Step } from './forge-steps.ts'
import { isLive, judgeWorld, worldSteps } from './forge-steps.ts'
import { nodeSteps, observe } from './node-steps.ts'
import { nameWorld } from './name-world.ts'
import type { Check, Trouble, World } from './world.ts'
import { startWorld } from './world.ts'

/** What a search should come across: that the model is not empty. */
const sights = {
  'a second holding that ends in a review': ({ chain }: World) => chain.some(({ kind, epoch }) => kind === 'review' && epoch === 2),
  'a second life after the first was collected': ({ chain, closedEpoch }: World) => closedEpoch > 0 && chain.length > 0,
  'a change that a person asked for': ({ change }: World) => change === 'made',
  'two requests on their way at once': ({ wire }: World) => wire.length > 1,
  'a crashed sender with its request on the way': ({ wire, nodes }: World) =>
    wire.some(({ by, commit }) => commit !== undefined && nodes.some(({ name, process }) => name === by && process > commit.process)),
  'a sleeping sender with its request on the way': ({ wire, nodes }: World) =>
    wire.some(({ by }) => nodes.some(({ name, isSuspended }) => name === by && isSuspended)),
  'a chain that is put back': ({ putBacks }: World) => putBacks > 0,
} as const
export type Sight = keyof typeof sights
const allSights = Object.keys(sights) as readonly Sight[]

/** What the search found: how many different worlds there are, and the shortest way to a broken guarantee. */
interface Explored {
  readonly worlds: number
  readonly counterExample: { readonly broke: string; readonly trace: readonly string[] } | undefined
  readonly seen: ReadonlySet<Sight>
}

interface SearchOptions {
  readonly trouble: Trouble
  /** How often something goes wrong. */
  readonly faults: number
  /** Of one holding, beside those that work goes with. */
  readonly maxRenewals: number
  /** The check that is taken out. */
  readonly without?: Check
  readonly maxWorlds: number
}

interface Seen {
  readonly world: World
  readonly from: Seen | undefined
  readonly step: string
}

/** Looks at every world that can come of every order of steps, breadth first, until one breaks a guarantee. */
export function explore(options: SearchOptions): Explored {
  const start: Seen = { world: startWorld(options), from: undefined, step: '' }
  const names = new Set([nameWorld(start.world)])
  const seen = new Set<Sight>()
  let level: readonly Seen[] = [start]
  while (level.length > 0) {
    const next: Seen[] = []
    for (const here of level) {
      for (const step of listSteps(here.world, options.without)) {
        const broke = step.broke ?? judgeWorld(step.world)
        if (broke !== undefined) return { worlds: names.size, seen, counterExample: { broke, trace: traceOf(here, step) } }
        const name = nameWorld(step.world)
        if (names.has(name)) continue
        names.add(name)
        for (const sight of allSights) if (!seen.has(sight) && sights[sight](step.world)) seen.add(sight)
        next.push({ world: step.world, from: here, step: step.name })
      }
      if (names.size > options.maxWorlds) throw new Error(`more than ${options.maxWorlds} worlds: the model has no end`)
    }
    level = next
  }
  return { worlds: names.size, counterExample: undefined, seen }
}

function listSteps(world: World, without: Check | undefined): readonly Step[] {
  const steps = [...worldSteps(world), ...world.nodes.flatMap((node) => nodeSteps(world, node, without))]
  return steps.map((step) => ({ ...step, world: observe(forgetStale(step.world), without) }))
}

/** What is on its way and can never be taken might as well not be. */
function forgetStale(world: World): World {
  const wire = world.wire.filter((request) => isLive(world, request))
  return wire.length === world.wire.length ? world : { ...world, wire }
}

function traceOf(here: Seen, last: Step): readonly string[] {
  const steps = [last.name]
  for (let at: Seen | undefined = here; at?.from !== undefined; at = at.from) steps.unshift(at.step)
  return steps
}
