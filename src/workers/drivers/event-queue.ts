/** Events on their way from callbacks to a loop. */
export interface EventQueue<E> extends AsyncIterable<E> {
  /** Counts what is to be added, or will be. False once that was more in all than the queue may take. */
  readonly take: (size: number) => boolean
  /** Adds an event that was counted; after the queue was closed it is dropped. */
  readonly add: (event: E) => void
  readonly close: () => void
  readonly isFull: boolean
}

/** A queue that takes so much in all, and ends when it is closed and empty. */
export function openEventQueue<E>(maxSize: number): EventQueue<E> {
  const waiting: E[] = []
  let size = 0
  let isClosed = false
  let wake = Promise.withResolvers<void>()
  const stir = (): void => {
    wake.resolve()
    wake = Promise.withResolvers()
  }
  return {
    get isFull() {
      return size > maxSize
    },
    take: (length) => {
      size += length
      return size <= maxSize
    },
    add: (event) => {
      if (isClosed) return
      waiting.push(event)
      stir()
    },
    close: () => {
      isClosed = true
      stir()
    },
    [Symbol.asyncIterator]: async function* () {
      for (;;) {
        const event = waiting.shift()
        if (event !== undefined) yield event
        else if (isClosed) return
        else await wake.promise
      }
    },
  }
}
