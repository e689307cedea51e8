/** A listener list with types: `Events<{ 'peer:connected': [peer: PeerId] }>`. */
export interface Events<Table extends Record<keyof Table, readonly unknown[]>> {
  /** Returns the function that takes the listener off again. */
  readonly on: <Name extends keyof Table>(name: Name, listener: (...args: Table[Name]) => void) => () => void
  readonly emit: <Name extends keyof Table>(name: Name, ...args: Table[Name]) => void
}

/** Listeners are called in the order they came; one that throws does not keep the others from being called. */
export function createEvents<Table extends Record<keyof Table, readonly unknown[]>>(
  onError: (error: unknown) => void = (error) =>
    queueMicrotask(() => {
      throw error
    }),
): Events<Table> {
  const listeners = new Map<keyof Table, Set<(...args: never) => void>>()
  return {
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener)
      return () => set.delete(listener)
    },
    emit: (name, ...args) => {
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          ;(listener as (...values: readonly unknown[]) => void)(...args)
        } catch (error) {
          onError(error)
        }
      }
    },
  }
}
