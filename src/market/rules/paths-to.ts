/** One step of a way through a graph of packages. */
export interface Step {
  readonly package: string
  readonly range: string
}

export interface PathsRequest {
  /** What a person asked for, and how. */
  readonly roots: readonly Step[]
  readonly needsOf: (name: string) => readonly Step[]
  readonly target: string
  /** Paths given at most. */
  readonly max: number
}

/** Steps looked at before the count is given up. */
const maxSteps = 100_000

/**
 * Ways from what was asked for to a package, shortest first and then by name; none goes through a package twice.
 *
 * In a graph with more ways than can be looked at, the shortest of them.
 */
export function findPaths({ roots, needsOf, target, max }: PathsRequest): readonly (readonly Step[])[] {
  const found: (readonly Step[])[] = []
  let ways: readonly (readonly Step[])[] = sortSteps(roots).map((step) => [step])
  let stepsLeft = maxSteps
  while (ways.length > 0 && found.length < max && stepsLeft > 0) {
    const next: (readonly Step[])[] = []
    for (const way of ways) {
      const last = way.at(-1)
      if (last === undefined || stepsLeft <= 0) break
      if (last.package === target) {
        found.push(way)
        continue
      }
      for (const step of sortSteps(needsOf(last.package))) {
        stepsLeft -= 1
        if (!way.some((before) => before.package === step.package)) next.push([...way, step])
      }
    }
    ways = next
  }
  return found.slice(0, max)
}

function sortSteps(steps: readonly Step[]): readonly Step[] {
  return steps.toSorted((a, b) => (a.package < b.package ? -1 : a.package > b.package ? 1 : 0))
}
