import type { Step } from './forge-steps.ts'
import { worldSteps } from './forge-steps.ts'
import { nodeSteps } from './node-steps.ts'
import { nameWorld } from './name-world.ts'
import type { Check, NodeState, World } from './world.ts'
import { startWorld, valueOf } from './world.ts'

/** What the search found: how many different worlds there are, and the shortest way to a broken guarantee. */
export interface Explored {
  readonly worlds: number
  readonly counterExample: { readonly broke: string; readonly trace: readonly string[] } | undefined
  /** Whether a second holding ended in a review: that the model is not empty. */
  readonly hasSecondReview: boolean
}

interface Seen {
  readonly world: World
  readonly from: Seen | undefined
  readonly step: string
}

/** Looks at every world that can come of every order of steps, breadth first, until one breaks a guarantee. */
export function explore(options: { readonly without?: Check; readonly faults: number; readonly maxWorlds: number }): Explored {
  const start: Seen = { world: startWorld(options.faults), from: undefined, step: '' }
  const seen = new Set([nameWorld(start.world)])
  let [level, hasSecondReview]: [readonly Seen[], boolean] = [[start], false]
  while (level.length > 0) {
    const next: Seen[] = []
    for (const here of level) {
      for (const step of listSteps(here.world, options.without)) {
        if (step.broke !== undefined)
          return { worlds: seen.size, hasSecondReview, counterExample: { broke: step.broke, trace: traceOf(here, step) } }
        const name = nameWorld(step.world)
        if (seen.has(name)) continue
        seen.add(name)
        hasSecondReview ||= step.world.chain.some(({ kind, epoch }) => kind === 'review' && epoch === 2)
        next.push({ world: step.world, from: here, step: step.name })
      }
      if (seen.size > options.maxWorlds) throw new Error(`more than ${options.maxWorlds} worlds: the model has no end`)
    }
    level = next
  }
  return { worlds: seen.size, counterExample: undefined, hasSecondReview }
}

function listSteps(world: World, without: Check | undefined): readonly Step[] {
  const steps = [...worldSteps(world), ...world.nodes.flatMap((node) => nodeSteps(world, node, without))]
  return steps.map((step) => ({ ...step, world: observe(step.world) }))
}

/** Whoever holds nothing sees each new value at once. To see it later only makes a node slower: its timer starts later. */
function observe(world: World): World {
  const value = valueOf(world)
  const isBehind = (node: NodeState): boolean => node.belief === undefined && !node.isSuspended && node.watch.value !== value
  if (!world.nodes.some(isBehind)) return world
  return { ...world, nodes: world.nodes.map((node) => (isBehind(node) ? { ...node, watch: { value, age: 0 } } : node)) }
}

function traceOf(here: Seen, last: Step): readonly string[] {
  const steps = [last.name]
  for (let at: Seen | undefined = here; at?.from !== undefined; at = at.from) steps.unshift(at.step)
  return steps
}
