import type { Json } from './json.ts'

/**
 * The one canonical JSON text of a value: keys sorted by UTF-16 code units, no space.
 *
 * @throws TypeError for text that is not well-formed, and for numbers JSON cannot say
 * @see RFC 8785
 */
export function formatCanonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} is no number of JSON`)
  if (typeof value === 'string' && !value.isWellFormed()) throw new TypeError('text with half a surrogate pair is no text of JSON')
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(formatCanonicalJson).join(',')}]`
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${formatCanonicalJson(key)}:${formatCanonicalJson(member)}`).join(',')}}`
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
