/** How often one thing may be asked with one answer, while nothing new comes up, before a model is said to go in circles. */
const maxRepeats = 3
/** How often a model may stop without saying how it ended. */
const maxSilences = 2

/** What a conversation was like until now. */
export interface Turns {
  readonly taken: number
  readonly silences: number
  /** Every question with its answer. */
  readonly known: ReadonlySet<string>
  /** How often each of them came since the last one that was new. */
  readonly repeats: ReadonlyMap<string, number>
}

/** What happened in a turn. */
export type TurnEvent =
  | { readonly event: 'asked' }
  /** It said something and asked for no tool. */
  | { readonly event: 'silent' }
  | { readonly event: 'used'; readonly tool: string; readonly input: string; readonly output: string }

/** Whether it may go on. */
export type TurnVerdict = { readonly verdict: 'on'; readonly turns: Turns } | { readonly verdict: 'ended'; readonly reason: string }

/** A conversation in which nothing was said. */
export const noTurns: Turns = { taken: 0, silences: 0, known: new Set(), repeats: new Map() }

/** One step of a conversation: a model that goes in circles, falls silent or comes to no end has failed, whatever it says. */
export function stepTurns(turns: Turns, event: TurnEvent, limits: { readonly maxTurns: number }): TurnVerdict {
  if (event.event === 'asked') {
    if (turns.taken >= limits.maxTurns) return { verdict: 'ended', reason: `it came to no end in ${limits.maxTurns} turns` }
    return { verdict: 'on', turns: { ...turns, taken: turns.taken + 1 } }
  }
  if (event.event === 'silent') {
    if (turns.silences + 1 >= maxSilences) return { verdict: 'ended', reason: 'it stopped without saying whether the task is done' }
    return { verdict: 'on', turns: { ...turns, silences: turns.silences + 1 } }
  }
  return stepUse(turns, event)
}

/** Tests that pass again after each edit are no circle: the edit is new. */
function stepUse(turns: Turns, { tool, input, output }: Extract<TurnEvent, { readonly event: 'used' }>): TurnVerdict {
  const key = JSON.stringify([tool, input, output])
  const isNew = !turns.known.has(key)
  const count = isNew ? 1 : (turns.repeats.get(key) ?? 0) + 1
  if (count >= maxRepeats)
    return {
      verdict: 'ended',
      reason: `it asked ${tool} for the same ${maxRepeats} times and got the same answer, and nothing new came up`,
    }
  const [known, before] = isNew ? [new Set(turns.known).add(key), []] : [turns.known, turns.repeats]
  return { verdict: 'on', turns: { ...turns, silences: 0, known, repeats: new Map(before).set(key, count) } }
}
