const byteUnits = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1.4 MiB`, `12 bytes`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024
    unit += 1
  }
  if (unit === 0) return formatPlural(bytes, 'byte')
  const digits = value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${byteUnits[unit] ?? ''}`
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+(?!\d))/g, ',')
}

/** `1 peer`, `3 peers`. */
export function formatPlural(count: number, word: string, many = `${word}s`): string {
  return `${formatCount(count)} ${count === 1 ? word : many}`
}

/** `3 d 4 h`, `12 min`, `8 s`, `250 ms`: the two largest units at most. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = Math.floor(milliseconds / 1000)
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first < 0) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}

/** `2026-11-21 10:05 UTC`: the same for everybody who reads it. */
export function formatTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
