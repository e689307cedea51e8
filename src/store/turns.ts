/** Lets works on the same key run one after the other, in the order they came; works on different keys run at once. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last.set(key, promise)
    try {
      await before
      return await work()
    } finally {
      resolve()
      if (this.#last.get(key) === promise) this.#last.delete(key)
    }
  }

  /** Resolves when everything that was handed in so far has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}
