import { stripVTControlCharacters } from 'node:util'

/** A text as one line: what is no letter of a line is a blank, and blanks in a row are one. */
export function toOneLine(text: string): string {
  return stripVTControlCharacters(text.toWellFormed())
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
}

/** A text of several lines, which end in line feeds; of other control characters only tabs stay. */
export function toParagraphs(text: string): string {
  return stripVTControlCharacters(text.toWellFormed())
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\p{Cc}--[\n\t]]/gv, '')
}

/** The beginning of a text that is neither longer than so many UTF-16 units nor, as UTF-8, than so many bytes; no letter is cut in two. */
export function cutText(text: string, { maxLength, maxBytes }: { readonly maxLength: number; readonly maxBytes: number }): string {
  if (text.length <= maxLength && Buffer.byteLength(text) <= maxBytes) return text
  let [length, bytes] = [0, 0]
  for (const letter of text) {
    length += letter.length
    bytes += Buffer.byteLength(letter)
    if (length > maxLength || bytes > maxBytes) return text.slice(0, length - letter.length)
  }
  return text
}
