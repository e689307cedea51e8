/** Events on their way from callbacks to a loop. */
export interface EventQueue<E> extends AsyncIterable<E> {
  /** False, and nothing is added any more, once more was added in all than the queue may take. */
  readonly add: (event: E, size: number) => boolean
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
    add: (event, length) => {
      size += length
      if (size > maxSize || isClosed) return false
      waiting.push(event)
      stir()
      return true
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
