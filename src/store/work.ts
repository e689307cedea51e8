import type { SqliteConnection } from './sqlite.ts'

export interface WorkCall {
  readonly perform: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly synchronous: Synchronous
}

/** Whether a commit waits for the disk. @see https://sqlite.org/pragma.html#pragma_synchronous */
export type Synchronous = 'full' | 'normal'

/** One function handed to `write`: performed inside the transaction of its group, settled after the commit. */
export class Work {
  readonly #connection: SqliteConnection
  readonly #call: WorkCall
  #isOpen = false
  #after: (() => void)[] = []
  #settle: () => void = () => {}

  constructor(connection: SqliteConnection, call: WorkCall) {
    this.#connection = connection
    this.#call = call
  }

  get synchronous(): Synchronous {
    return this.#call.synchronous
  }

  /**
   * Runs the work in a savepoint; what it throws is kept for `settle`.
   *
   * @throws what SQLite threw when the whole transaction is gone (full disk, failed disk): the group must not be committed
   */
  perform(): void {
    this.#connection.exec('savepoint work')
    this.#isOpen = true
    try {
      const value = this.#call.perform()
      if (isThenable(value)) throw new TypeError('a transaction is synchronous, but its work returned a promise')
      this.assertOpen()
      this.#settle = () => this.#call.resolve(value)
    } catch (error) {
      if (!this.#connection.isTransaction) throw error
      this.#connection.exec('rollback to work')
      this.#after = []
      this.#settle = () => this.#call.reject(error)
    } finally {
      this.#isOpen = false
    }
    this.#connection.exec('release work')
  }

  /** Refuses what comes after the work returned, or after SQLite rolled the whole transaction back under it: it would be written alone. */
  assertOpen(): void {
    if (!this.#isOpen) throw new Error('a transaction is valid only until its work returns')
    if (!this.#connection.isTransaction) throw new Error('the transaction was rolled back under its work')
  }

  /** Keeps `then` for after the commit. */
  after(then: () => void): void {
    this.#after.push(then)
  }

  /** After the commit. A listener that throws is a bug, and does not make what is on disk undone: it is thrown where nobody waits. */
  settle(): void {
    for (const then of this.#after) callAlone(then)
    this.#settle()
  }

  /** When there was no commit. */
  fail(error: unknown): void {
    this.#call.reject(error)
  }
}

function callAlone(then: () => void): void {
  try {
    then()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
