/** A map with exactly these keys, from decoded dag-cbor; undefined for anything else. */
export function readMap(value: unknown, keys: readonly string[]): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return undefined
  const map = new Map<string, unknown>(Object.entries(value))
  return map.size === keys.length && keys.every((key) => map.has(key)) ? map : undefined
}

/** A whole number from 0 to 2^53 - 1. */
export function readSafeInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** Control characters, with which a text can play tricks on a terminal, and those that turn the direction of writing. */
const tricks = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u

/** Whether a text is plain Unicode in one line; `isLong` allows line feeds and tabs. */
export function isPlainText(text: string, isLong = false): boolean {
  return text.isWellFormed() && !tricks.test(isLong ? text.replaceAll(/[\n\t]/g, '') : text)
}

/** A plain text of 1 to `max` characters. */
export function readBoundedText(value: unknown, max: number, isLong = false): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > max) return undefined
  return isPlainText(value, isLong) ? value : undefined
}

/** A list of at most `rows` items, each read by `read`; undefined when one is not. */
export function readRows<T>(value: unknown, rows: number, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > rows) return undefined
  const items = value.map((item: unknown) => read(item))
  return items.every((item) => item !== undefined) ? items : undefined
}
