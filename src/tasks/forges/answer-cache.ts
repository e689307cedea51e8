/** An answer as it came. */
export interface KeptAnswer {
  readonly text: string
  readonly headers: Headers
}

/** Most answers that are kept, and most characters of all. */
const maxAnswers = 256
const maxLength = 16_777_216

/** Answers that a forge gave with an ETag, by path: a question that is asked again costs a forge little, and on GitHub nothing of the budget. */
export class AnswerCache {
  /** What was asked for longest ago first. */
  readonly #kept = new Map<string, KeptAnswer>()
  #length = 0

  get(path: string): KeptAnswer | undefined {
    const kept = this.#kept.get(path)
    if (kept === undefined) return undefined
    this.#kept.delete(path)
    this.#kept.set(path, kept)
    return kept
  }

  /** Keeps an answer, when it has an ETag; others go for it, those first that were asked for longest ago. */
  put(path: string, answer: KeptAnswer): void {
    this.#drop(path)
    if (!answer.headers.has('etag') || answer.text.length > maxLength) return
    this.#kept.set(path, answer)
    this.#length += answer.text.length
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxAnswers && this.#length <= maxLength) return
      this.#drop(oldest)
    }
  }

  #drop(path: string): void {
    this.#length -= this.#kept.get(path)?.text.length ?? 0
    this.#kept.delete(path)
  }
}
