import { countOf } from './match.ts'
import type { Choice, Choices } from './match.ts'
import { impacts } from './words.ts'
import type { Impact } from './words.ts'

/** A package that matched, as it is compared. */
export interface Candidate {
  readonly name: string
  readonly owner: string
  /** The author's wall time of its newest release, in milliseconds. */
  readonly at: number
  readonly isDeprecated: boolean
  /** As `formatTerms` wrote them. */
  readonly terms: string
  /** As measured; 0 while nobody does. */
  readonly usefulness: number
}

/** How well a package answers. */
export interface Score {
  /** 4 its name is the query, 3 its name has every word, 2 the same but for spelling, 1 every word is somewhere, 0 some are. */
  readonly tier: 0 | 1 | 2 | 3 | 4
  /** Sum over the words, rare ones counting more, in thousandths. */
  readonly text: number
}

/** What is compared with. */
export interface Yardstick {
  readonly names: readonly string[]
  readonly choices: Choices
  /** Packages in the index. */
  readonly packages: number
  /** How many packages have each word, where more is known than the index here; 0 where nothing is. */
  readonly counts?: readonly number[] | undefined
}

/** What a word is worth by its impact: near spelling of a name comes before the beginning of a description, and that before keywords. */
const worth: Readonly<Record<Impact, number>> = { 5: 50, 4: 40, 3: 24, 2: 16, 1: 8 }
/** What is left of the worth of a word one and two edits away. */
const worthAfterEdits = [1, 0.7, 0.45] as const

/** How well a package answers a query. Pure, so that the order is the same wherever the same is known. */
export function scoreCandidate({ name, terms }: Candidate, { names, choices, packages, counts }: Yardstick): Score {
  const best = choices.map((of) => bestOf(of, terms))
  const found = best.filter((one) => one !== undefined)
  const text = best.reduce(
    (sum, one, index) => sum + (one === undefined ? 0 : one.value * rarityOf(counts?.[index] || countOf(choices[index] ?? []), packages)),
    0,
  )
  return { tier: tierOf(), text: Math.round(text * 1000) }

  function tierOf(): Score['tier'] {
    if (names.includes(name)) return 4
    if (found.length < choices.length) return 0
    if (found.some(({ impact }) => impact < 4)) return 1
    return found.some(({ edits }) => edits > 0) ? 2 : 3
  }
}

/** The query as a package answers it, where it answers a near spelling; undefined where it answers what was typed. */
export function readAs({ terms }: Pick<Candidate, 'terms'>, choices: Choices): string | undefined {
  const best = choices.map((of) => bestOf(of, terms))
  if (best.every((one) => (one?.edits ?? 0) === 0)) return undefined
  return best.map((one, index) => (one !== undefined && one.edits > 0 ? one.word : (choices[index]?.[0]?.word ?? ''))).join(' ')
}

interface Matched {
  readonly word: string
  readonly impact: Impact
  readonly edits: number
  readonly value: number
}

/** The choice that is worth most in a package. Only what could be worth more than what was found is looked for. */
function bestOf(choices: readonly Choice[], terms: string): Matched | undefined {
  let best: Matched | undefined
  const typed = choices.find(({ kind }) => kind === 'exact')?.word.length ?? 0
  for (const { word, kind, edits, counts } of choices) {
    const part = kind === 'beginning' ? 0.6 + 0.3 * (typed / word.length) : (worthAfterEdits[edits] ?? 0)
    const isBetter = (impact: Impact): boolean => counts[impact] > 0 && worth[impact] * part > (best?.value ?? 0)
    const impact = impacts.find((each) => isBetter(each) && terms.includes(` ${each}${word} `))
    if (impact !== undefined) best = { word, impact, edits, value: worth[impact] * part }
  }
  return best
}

/** Words that few packages have say more. */
function rarityOf(count: number, packages: number): number {
  return 1 + Math.log(1 + packages / (1 + count))
}

/** Below zero when `a` is the better answer: text, then what stands before what is deprecated, then usefulness, then what is newer, then spelling. */
export function compareRanked(a: Candidate & Score, b: Candidate & Score): number {
  return (
    b.tier - a.tier ||
    b.text - a.text ||
    Number(a.isDeprecated) - Number(b.isDeprecated) ||
    b.usefulness - a.usefulness ||
    b.at - a.at ||
    compareText(a.name, b.name) ||
    compareText(a.owner, b.owner)
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
