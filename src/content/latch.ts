/** Something that is so or not so by turns, and can be waited for. It is so at first. */
export class Latch {
  #isOpen = true
  #opened = Promise.withResolvers<void>()

  constructor() {
    this.#opened.resolve()
  }

  open(): void {
    this.#isOpen = true
    this.#opened.resolve()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#opened = Promise.withResolvers()
  }

  /** Resolves when it is open, and still is. @throws the signal's reason */
  async untilOpen({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const aborted = Promise.withResolvers<void>()
    const stop = (): void => aborted.resolve()
    signal.addEventListener('abort', stop, { once: true })
    try {
      while (!this.#isOpen && !signal.aborted) await Promise.race([this.#opened.promise, aborted.promise])
    } finally {
      signal.removeEventListener('abort', stop)
    }
    signal.throwIfAborted()
  }
}
