export interface MapBoundedOptions {
  /** How many calls may be under way at once; say at the call which resource is scarce. */
  readonly concurrency: number
  readonly signal?: AbortSignal
}

/** Like `Promise.all(items.map(each))` with a bound. The first failure stops the taking of new items and is thrown after those under way end. */
export async function mapBounded<In, Out>(
  items: Iterable<In>,
  each: (item: In, index: number) => Promise<Out>,
  options: MapBoundedOptions,
): Promise<Out[]> {
  const results: Out[] = []
  const entries = Array.from(items).entries()
  let failure: { readonly error: unknown } | undefined
  const work = async (): Promise<void> => {
    for (const [index, item] of entries) {
      if (failure !== undefined || options.signal?.aborted === true) return
      try {
        results[index] = await each(item, index)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, work))
  if (failure !== undefined) throw failure.error
  options.signal?.throwIfAborted()
  return results
}
