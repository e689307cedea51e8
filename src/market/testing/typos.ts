import type { Chance } from '../../lib/chance.ts'

/** The ways in which fingers miss. */
export const typoKinds = ['swapped', 'missing', 'added', 'wrong'] as const
export type TypoKind = (typeof typoKinds)[number]

const letters = 'abcdefghijklmnopqrstuvwxyz'

/** A text with one typing error inside, at a place that chance takes; unchanged when it is too short for one. */
export function mistype(text: string, kind: TypoKind, chance: Chance): string {
  if (text.length < 3) return text
  // the first letter is rarely missed, and signs between words are none of them
  const places = Array.from({ length: text.length - 2 }, (_, index) => index + 1).filter((index) =>
    /[a-z]{2}/.test(text.slice(index, index + 2)),
  )
  const at = places[Math.floor(chance.fraction() * places.length)]
  if (at === undefined) return text
  const [before, one, next, rest] = [text.slice(0, at), text.slice(at, at + 1), text.slice(at + 1, at + 2), text.slice(at + 2)]
  if (kind === 'swapped') return before + next + one + rest
  if (kind === 'missing') return before + next + rest
  const other = letters.replace(one, '').charAt(Math.floor(chance.fraction() * (letters.length - 1)))
  return kind === 'added' ? before + other + one + next + rest : before + other + next + rest
}
