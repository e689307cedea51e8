/** Bits that a byte carries at least, of 8, where bytes look random. */
const randomBits = 7.8
/** Words that are remembered: the latest of each place in a table. */
const rememberedWords = 4096
/** The highest 12 bits of the product are the place. @see Knuth, The Art of Computer Programming 3, 6.4 */
const goldenRatio = 0x9e3779b1
const placeShift = 20
/** Of so many words one may have been there before. */
const wordsPerRepeat = 100

/**
 * Whether bytes look random: every value about as often as every other, and hardly a run of four that was there before.
 *
 * No compressor of streams saves 5 % of such bytes (`randomBits` leaves 2.5 % to codes for single bytes, repeats 1 %), and this
 * is found without trying one. Meant for about 16 KiB: much shorter bytes never look random.
 */
export function looksRandom(bytes: Uint8Array): boolean {
  return bitsPerByte(bytes) >= randomBits && countRepeats(bytes) * wordsPerRepeat <= bytes.byteLength
}

/** Shannon entropy of single bytes. */
function bitsPerByte(bytes: Uint8Array): number {
  const counts = new Uint32Array(256)
  for (let at = 0; at < bytes.byteLength; at += 1) counts[bytes[at] ?? 0] = (counts[bytes[at] ?? 0] ?? 0) + 1
  let bits = 0
  for (const count of counts) if (count > 0) bits -= (count / bytes.byteLength) * Math.log2(count / bytes.byteLength)
  return bits
}

/** Words of four bytes, at any position, that were met before and not long ago. */
function countRepeats(bytes: Uint8Array): number {
  const latest = new Int32Array(rememberedWords)
  let repeats = 0
  let word = 0
  for (let at = 0; at < bytes.byteLength; at += 1) {
    word = (word << 8) | (bytes[at] ?? 0)
    const place = Math.imul(word, goldenRatio) >>> placeShift
    if (latest[place] === word) repeats += 1
    latest[place] = word
  }
  return repeats
}
