/** The part of a content that is asked for; `end` is exclusive. */
export type RangeVerdict =
  | { readonly asks: 'whole' }
  | { readonly asks: 'part'; readonly start: number; readonly end: number }
  | { readonly asks: 'nothing' }

/** Most digits of a position: all of them are exact. */
const pattern = /^bytes=(\d{0,15})-(\d{0,15})$/i

/**
 * Reads `Range` for a content of `size` bytes. Several ranges, another unit and what is malformed ask for the whole, as a server may answer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 */
export function readRange(header: string | undefined, size: number): RangeVerdict {
  const match = header === undefined ? null : pattern.exec(header.trim())
  const [first = '', last = ''] = match?.slice(1) ?? []
  if (first === '' && last === '') return { asks: 'whole' }
  if (first === '') return Number(last) === 0 || size === 0 ? { asks: 'nothing' } : part(Math.max(0, size - Number(last)), size)
  const start = Number(first)
  if (last !== '' && Number(last) < start) return { asks: 'whole' }
  if (start >= size) return { asks: 'nothing' }
  return part(start, last === '' ? size : Math.min(size, Number(last) + 1))
}

function part(start: number, end: number): RangeVerdict {
  return { asks: 'part', start, end }
}
