import { checkHistory } from '../../src/tasks/rules/check-history.ts'
import type { LoggedLink, LogStep, Span } from '../../src/tasks/rules/ref-log.ts'
import type { ObjectId } from '../../src/tasks/git/objects.ts'
import type { TaskKey } from '../../src/tasks/task.ts'
import { taskKeyOfIssue } from '../../src/tasks/task.ts'
import { untilMerged } from '../../src/tasks/testing/read-ref-log.ts'
import type { ChaosForge } from './chaos-forge.ts'
import { readClaimLog } from './logged-repository.ts'

/** What a run of the chaos came to. */
export interface ChaosVerdict {
  /** Empty when every guarantee held and every task ended. */
  readonly violations: readonly string[]
  /** Pushes that the server took, by the kind of their link. */
  readonly pushes: Readonly<Record<string, number>>
  readonly tasks: number
  readonly holdings: number
  /** Tasks that were held exactly once. */
  readonly once: number
  /** Times between the first sight of a task by anybody and its first claim, in milliseconds: the middle, and the longest. */
  readonly firstClaimMs: { readonly middle: number; readonly longest: number }
}

export interface ChaosSources {
  readonly forge: ChaosForge
  readonly tasks: number
  readonly startedAt: number
  readonly endsAt: number
  readonly pollMs: number
  readonly ttlSeconds: number
  /** While each node was awake. */
  readonly ready: readonly (Span & { readonly of: { readonly name: string } })[]
  readonly answering: readonly Span[]
}

/** How long a busy machine may take over what takes a moment, in milliseconds. */
const machineMs = 60_000

/** Judges what the git server took, as its own log tells it. */
export async function judgeChaos(sources: ChaosSources): Promise<ChaosVerdict> {
  const { forge, startedAt, endsAt, pollMs, ttlSeconds } = sources
  const [log, pulls] = [await readClaimLog(forge.bare), forge.pulls()]
  const { steps, links } = log
  const tasks = Array.from({ length: sources.tasks }, (_, index) => taskKeyOfIssue(index + 1))
  const { violations, tasks: histories } = checkHistory({
    ...log,
    unknownTtlMs: ttlSeconds * 1_000,
    pulls,
    wanted: tasks.map((task) => ({ task, from: startedAt, until: untilMerged(pulls, task, endsAt) })),
    answering: sources.answering,
    // one task is taken at a time, so that of many free ones the last waits for all others: judged when none but it is free
    ready: lastFree(steps, links, { tasks, startedAt, endsAt }).flatMap((free) =>
      sources.ready.map(({ of, from, until }) => ({ node: of.name, from: Math.max(from, free.from), until: Math.min(until, free.until) })),
    ),
    graceMs: 4 * pollMs + machineMs,
    endsAt,
  })
  const ends = tasks.flatMap((task) => {
    const own = pulls.filter((pull) => pull.task === task)
    if (own.length === 1 && own.every(({ until }) => until <= endsAt)) return []
    return [`${task} is not over: ${own.length} pull requests, and its claim is ${histories.get(task)?.end?.holding?.kind}`]
  })
  const held = tasks.map((task) => histories.get(task)?.holdings ?? 0)
  const waits = firstClaims(steps).map((at) => at - startedAt)
  return {
    violations: [
      ...violations.map(({ guarantee, task, at, what }) => `${guarantee} ${task} ${at - startedAt} ms after the start: ${what}`),
      ...ends,
    ],
    pushes: countPushes(steps, links),
    tasks: tasks.length,
    holdings: held.reduce((sum, count) => sum + count, 0),
    once: held.filter((count) => count === 1).length,
    firstClaimMs: { middle: waits[Math.floor(waits.length / 2)] ?? 0, longest: waits.at(-1) ?? 0 },
  }
}

/** Times in which at most one task was free. */
function lastFree(
  steps: readonly LogStep[],
  links: ReadonlyMap<ObjectId, LoggedLink>,
  { tasks, startedAt, endsAt }: { readonly tasks: readonly TaskKey[]; readonly startedAt: number; readonly endsAt: number },
): readonly Span[] {
  const free = new Set<TaskKey>(tasks)
  const spans: Span[] = []
  let since: number | undefined
  for (const { at, task, kind } of movesOf(steps, links)) {
    if (kind === undefined || kind === 'release' || kind === 'break') free.add(task)
    else free.delete(task)
    if (free.size <= 1) since ??= at
    else if (since !== undefined) {
      spans.push({ from: since, until: at })
      since = undefined
    }
  }
  return [...spans, { from: since ?? startedAt, until: since === undefined ? startedAt : endsAt }]
}

function movesOf(steps: readonly LogStep[], links: ReadonlyMap<ObjectId, LoggedLink>) {
  return steps.flatMap((step) =>
    step.step === 'restore'
      ? []
      : step.updates.flatMap((update) =>
          update.on === 'claim'
            ? [{ at: step.at, task: update.task, kind: update.new === undefined ? undefined : links.get(update.new)?.document?.kind }]
            : [],
        ),
  )
}

function countPushes(steps: readonly LogStep[], links: ReadonlyMap<ObjectId, LoggedLink>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { kind } of movesOf(steps, links)) {
    const name = kind ?? 'other'
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** When each task was claimed first. */
function firstClaims(steps: readonly LogStep[]): readonly number[] {
  const first = new Map<TaskKey, number>()
  for (const step of steps) {
    if (step.step === 'restore') continue
    for (const update of step.updates) if (update.on === 'claim' && !first.has(update.task)) first.set(update.task, step.at)
  }
  return [...first.values()].toSorted((a, b) => a - b)
}
