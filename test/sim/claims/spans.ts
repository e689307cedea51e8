import type { Span } from '../../../src/tasks/rules/ref-log.ts'

/** Times in which something was so, of what is looked at again and again. */
export class Spans<T> {
  readonly #closed: (Span & { readonly of: T })[] = []
  readonly #open = new Map<T, number>()

  /** Notes whether it is so now. Between two looks that say so, it was. */
  note(of: T, isSo: boolean, now: number): void {
    const since = this.#open.get(of)
    if (isSo && since === undefined) this.#open.set(of, now)
    if (isSo || since === undefined) return
    this.#open.delete(of)
    this.#closed.push({ of, from: since, until: now })
  }

  all(endsAt: number): readonly (Span & { readonly of: T })[] {
    return [...this.#closed, ...[...this.#open].map(([of, from]) => ({ of, from, until: endsAt }))]
  }
}
