import type { Writable } from 'node:stream'

/** Writes bytes no faster than they are taken; the rest is let go when the reader went away, as of cat and git (`… | head`). @throws what else stops the writing */
export async function writeBytes(stream: Pick<Writable, 'write'>, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) if (!(await isTaken(stream, chunk))) return
}

/** The callback of each write is told of its error: a listener for every chunk would be one too many, and of `process.stdout` no flag stays that it broke. */
async function isTaken(stream: Pick<Writable, 'write'>, chunk: Uint8Array): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  stream.write(chunk, (error: NodeJS.ErrnoException | null | undefined) => {
    if (error === null || error === undefined) resolve(true)
    else if (error.code === 'EPIPE') resolve(false)
    else reject(error)
  })
  return promise
}
