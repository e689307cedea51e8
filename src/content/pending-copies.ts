/** Room that copies under way will take: what was promised to one is not promised to another. */
export class PendingCopies {
  #bytes = 0

  /** Of all copies under way. */
  get bytes(): number {
    return this.#bytes
  }

  /** Keeps room until the returned function is called. */
  reserve(bytes: number): () => void {
    this.#bytes += bytes
    let isReserved = true
    return () => {
      if (isReserved) this.#bytes -= bytes
      isReserved = false
    }
  }
}
