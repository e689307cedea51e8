/** Classes of ASCII characters, as bits. */
export const componentCharacter = 1
export const segmentCharacter = 2
/** What may stand in a query or a fragment: printable ASCII but `%`. */
export const looseCharacter = 4
/** Component characters as they are written in the canonical form. */
export const lowerCharacter = 8

/** By the code of a byte. */
const classes = new Uint8Array(256)
for (let code = 0x21; code < 0x7f; code += 1) if (code !== 0x25) classes[code] = looseCharacter
const inNames = looseCharacter | componentCharacter | segmentCharacter
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') classes[letter.charCodeAt(0)] = inNames
for (const letter of 'abcdefghijklmnopqrstuvwxyz0123456789_-') classes[letter.charCodeAt(0)] = inNames | lowerCharacter
classes[0x2e] = looseCharacter | segmentCharacter

/**
 * A text as bytes in UTF-8, ended by a zero, for one reader at a time: a byte is read in a third of the time that a character of a text takes.
 *
 * Up to the first character beyond ASCII, offsets in both are the same, and every reader stops there.
 */
export class Scan {
  readonly codes: Uint8Array
  readonly #encoder = new TextEncoder()

  constructor(maxLength: number) {
    // no UTF-16 unit takes more than three bytes
    this.codes = new Uint8Array(3 * maxLength + 1)
  }

  /** Takes a text of at most `maxLength`. */
  take(text: string): void {
    this.codes[this.#encoder.encodeInto(text, this.codes).written] = 0
  }

  /** Offset of the first character from `from` on that is not of a class, or the length of the text. Nothing beyond ASCII is of any. */
  skip(from: number, wanted: number): number {
    const { codes } = this
    let index = from
    // the zero at the end is of no class
    while (((classes[codes[index] ?? 0] ?? 0) & wanted) !== 0) index += 1
    return index
  }
}
