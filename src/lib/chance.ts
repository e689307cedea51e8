import { randomBytes } from 'node:crypto'

/** The only source of randomness, so that a simulation can be replayed from its seed. */
export interface Chance {
  /** `count` random bytes. */
  readonly bytes: (count: number) => Uint8Array
  /** A number in [0, 1). */
  readonly fraction: () => number
}

/** The operating system's randomness; fit for keys and nonces. */
export const systemChance: Chance = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
  fraction: () => Math.random(),
}

/** Randomness that is the same for the same seed (mulberry32). Never for keys outside tests and simulation. */
export function createSeededChance(seed: number): Chance {
  let state = seed >>> 0
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { fraction, bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(fraction() * 256)) }
}
