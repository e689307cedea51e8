import { createZstdCompress, createZstdDecompress } from 'node:zlib'

type Transform = ReturnType<typeof createZstdCompress>

/** Bytes compressed with zstd, never buffered whole. @throws what the source throws */
export function compress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return through(source, createZstdCompress())
}

/** The bytes that zstd compressed, never buffered whole. @throws an error with a code `ZSTD_…` for what is no zstd, and what the source throws */
export function decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return through(source, createZstdDecompress())
}

/** What is read is taken before more is given. */
async function* through(source: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  const feeding = feed(source, transform)
  try {
    yield* transform as AsyncIterable<Uint8Array>
    await feeding
  } finally {
    transform.destroy()
  }
}

async function feed(source: AsyncIterable<Uint8Array>, into: Transform): Promise<void> {
  try {
    for await (const chunk of source) {
      if (into.destroyed) return
      if (!into.write(chunk)) await drained(into)
    }
    into.end()
  } catch (error) {
    into.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

async function drained(stream: Transform): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.once('drain', resolve)
  stream.once('close', resolve)
  await promise
}
