import { fsync } from 'node:fs'

/** Waits until what was written to an open file, or done in an open folder, is on the disk. @throws what the disk says */
export function makeLast(descriptor: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  fsync(descriptor, (error) => (error === null ? resolve() : reject(error)))
  return promise
}
