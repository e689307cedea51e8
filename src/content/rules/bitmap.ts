/** Chunks as bits: bit `index % 8` of byte `index / 8`. */
export function createBitmap(count: number, has: (index: number) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8))
  for (let index = 0; index < count; index += 1) if (has(index)) setBit(bits, index, true)
  return bits
}

/** False past the end. */
export function hasBit(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1
}

export function setBit(bits: Uint8Array, index: number, value: boolean): void {
  const byte = bits[index >> 3] ?? 0
  bits[index >> 3] = value ? byte | (1 << (index & 7)) : byte & ~(1 << (index & 7))
}
