/** Classes of ASCII characters, as bits. */
export const componentCharacter = 1
export const segmentCharacter = 2
/** Component characters as they are written in the canonical form. */
export const lowerCharacter = 8
/** What may stand in a query or a fragment: printable ASCII but `%`. */
export const looseCharacter = 4

const classes = new Uint8Array(128)
for (let code = 0x21; code < 0x7f; code += 1) if (code !== 0x25) classes[code] = looseCharacter
const inNames = looseCharacter | componentCharacter | segmentCharacter
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') classes[letter.charCodeAt(0)] = inNames
for (const letter of 'abcdefghijklmnopqrstuvwxyz0123456789_-') classes[letter.charCodeAt(0)] = inNames | lowerCharacter
classes[0x2e] = looseCharacter | segmentCharacter

/** Offset of the first character from `from` on that is not of a class, or the length of the text. Nothing beyond ASCII is of any. */
export function skipClass(text: string, from: number, wanted: number): number {
  const { length } = text
  let index = from
  while (index < length) {
    const code = text.charCodeAt(index)
    if (code > 127 || ((classes[code] ?? 0) & wanted) === 0) return index
    index += 1
  }
  return index
}
