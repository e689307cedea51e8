/** How much gossip one identity has left. */
export interface Allowance {
  /** Messages left; negative after rejected ones. */
  readonly left: number
  /** Monotonic milliseconds of the last step. */
  readonly at: number
}

/** Seconds' worth of messages that may come at once. */
const burstSeconds = 2
/** A rejected message costs as many messages as come in this many seconds: it silences for that long. */
const rejectSeconds = 1
/** Most seconds that a peer can be silenced for; then it gets another chance. */
const maxSilenceSeconds = 60

/** What a peer starts with. */
export function createAllowance(perSecond: number, now: number): Allowance {
  return { left: perSecond * burstSeconds, at: now }
}

/** Takes one message from the allowance, or says that there is none left. */
export function takeMessage(
  allowance: Allowance,
  perSecond: number,
  now: number,
): { readonly allowance: Allowance; readonly isTaken: boolean } {
  const filled = fill(allowance, perSecond, now)
  if (filled.left < 1) return { allowance: filled, isTaken: false }
  return { allowance: { left: filled.left - 1, at: now }, isTaken: true }
}

/** What is left after a message that nobody should have forwarded. */
export function punish(allowance: Allowance, perSecond: number, now: number): Allowance {
  const left = fill(allowance, perSecond, now).left - perSecond * rejectSeconds
  return { left: Math.max(left, -perSecond * maxSilenceSeconds), at: now }
}

/** Seconds until a message of this peer is taken again. */
export function judgeSilence(allowance: Allowance, perSecond: number, now: number): number {
  return Math.max(0, -fill(allowance, perSecond, now).left / perSecond)
}

function fill(allowance: Allowance, perSecond: number, now: number): Allowance {
  const earned = ((now - allowance.at) * perSecond) / 1000
  return { left: Math.min(perSecond * burstSeconds, allowance.left + earned), at: now }
}
