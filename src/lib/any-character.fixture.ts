import fc from 'fast-check'

const surrogates = { first: 0xd800, count: 0x800 } as const
const lastCodePoint = 0x10_ffff

/** Any character of Unicode, as a `unit` of texts: fast-check's own `binary` takes two seconds of a processor before its first text. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: lastCodePoint - surrogates.count })
  .map((place) => String.fromCodePoint(place < surrogates.first ? place : place + surrogates.count))
