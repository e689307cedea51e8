const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `500ms`, `30s`, `2m`, `1h` or `1d`; a bare number is seconds. Undefined for anything else, and for no time at all. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/.exec(text)
  if (match?.[1] === undefined) return undefined
  const milliseconds = Math.round(Number(match[1]) * (unitsMs[match[2] ?? 's'] ?? 1_000))
  return milliseconds > 0 ? milliseconds : undefined
}
