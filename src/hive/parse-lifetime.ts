import { hiveFaults } from './faults.ts'

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
/** Longest life of a code. */
const maxLifetimeMs = 366 * 86_400_000

/** Milliseconds of `30m`, `24h` or `7d`, up to a year. @throws Fault TERMS_INVALID */
export function parseLifetime(text: string): number {
  const match = /^([1-9][0-9]{0,5})([mhd])$/.exec(text)
  const lifetime = match === null ? undefined : Number(match[1]) * (unitsMs[match[2] ?? ''] ?? 0)
  if (lifetime !== undefined && lifetime <= maxLifetimeMs) return lifetime
  const message = `"${text}" is no lifetime of a code; write 30m, 24h or 7d, a year at most`
  throw hiveFaults.create('TERMS_INVALID', { message, data: { expires: text } })
}
