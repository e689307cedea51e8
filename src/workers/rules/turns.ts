/** How often one thing may be asked with one answer before a model is said to go in circles. */
const maxRepeats = 3
/** How often a model may stop without saying how it ended. */
const maxSilences = 2

/** What a conversation was like until now. */
export interface Turns {
  readonly taken: number
  readonly silences: number
  /** How often each question had each answer, one after another or not. */
  readonly seen: ReadonlyMap<string, number>
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
export const noTurns: Turns = { taken: 0, silences: 0, seen: new Map() }

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
  const key = JSON.stringify([event.tool, event.input, event.output])
  const count = (turns.seen.get(key) ?? 0) + 1
  if (count >= maxRepeats)
    return { verdict: 'ended', reason: `it asked ${event.tool} for the same ${maxRepeats} times and got the same answer` }
  return { verdict: 'on', turns: { ...turns, silences: 0, seen: new Map(turns.seen).set(key, count) } }
}
