import type { HoldingResult } from './judge-result.ts'

/** One holding of this node that came to something, beside a task that it may try now. */
export interface Experience {
  readonly isSameProject: boolean
  readonly isSameType: boolean
  readonly result: HoldingResult
  /** When it began: wall time in milliseconds. */
  readonly at: number
}

/** How well a task would go, as a Beta distribution: both at least 1, and 1 where nothing is known. */
export interface Belief {
  readonly alpha: number
  readonly beta: number
}

interface Tally {
  readonly successes: number
  readonly failures: number
}

/**
 * Time in which what was learned comes to say half as much, in milliseconds: 30 days.
 *
 * Models behind one name, prompts and repositories change within months; a node that once failed gets a fair chance again.
 */
const halfLifeMs = 30 * 86_400_000
/** What a holding counts for success; one in review may still be sent back. */
const worthOf: Readonly<Record<HoldingResult, Tally>> = {
  merged: { successes: 1, failures: 0 },
  'in-review': { successes: 0.5, failures: 0 },
  failed: { successes: 0, failures: 1 },
  open: { successes: 0, failures: 0 },
  moot: { successes: 0, failures: 0 },
}
/** Tasks of another type or project count like so many of the type itself at most: so many of its own outweigh them. */
const maxCarried = 5
const nothing: Tally = { successes: 0, failures: 0 }

/**
 * What a node's past says of a task, from what is like it: what one model did of this type in this project, before that in this project, before that anywhere.
 *
 * Each wider circle is a prior of the narrower one, and weighs little beside it. Clocks that go back make nothing count for more.
 *
 * @see docs/protocols/claims.md §10
 */
export function believe(past: readonly Experience[], now: number): Belief {
  const tally = (isOf: (one: Experience) => boolean): Tally =>
    past
      .filter(isOf)
      .map((one) => weigh(one, now))
      .reduce(add, nothing)
  const elsewhere = tally(({ isSameProject }) => !isSameProject)
  const here = tally(({ isSameProject, isSameType }) => isSameProject && !isSameType)
  const alike = tally(({ isSameProject, isSameType }) => isSameProject && isSameType)
  const { successes, failures } = add(carry(add(carry(elsewhere), here)), alike)
  return { alpha: 1 + successes, beta: 1 + failures }
}

function weigh({ result, at }: Experience, now: number): Tally {
  return scale(worthOf[result], 0.5 ** (Math.max(0, now - at) / halfLifeMs))
}

/** As much of what was learned elsewhere as may count here. */
function carry(tally: Tally): Tally {
  return scale(tally, Math.min(1, maxCarried / (tally.successes + tally.failures || 1)))
}

function add(one: Tally, other: Tally): Tally {
  return { successes: one.successes + other.successes, failures: one.failures + other.failures }
}

function scale({ successes, failures }: Tally, by: number): Tally {
  return { successes: successes * by, failures: failures * by }
}
