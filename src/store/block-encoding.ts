import { promisify } from 'node:util'
import { gunzip, zstdCompress, zstdDecompress } from 'node:zlib'

/** How the bytes of a block lie in its file. Written are `raw` and `zstd`; `gzip` is read. */
export type BlockEncoding = 'raw' | 'zstd' | 'gzip'

/** No block is longer, packed or not: 1 MiB of content, or a list of chunks. */
export const maxBlockBytes = 4 * 1024 * 1024

/** Compression must leave at most this share of the plain length; less gain is not worth the reading. */
const worthwhileShare = 0.95

const zstd = promisify(zstdCompress)
const unzstd = promisify(zstdDecompress)
const ungzip = promisify(gunzip)

/** The bytes as they go to disk: compressed when that saves at least 5 %, else as they are. */
export async function packBlock(bytes: Uint8Array): Promise<{ readonly encoding: BlockEncoding; readonly packed: Uint8Array }> {
  const packed = await zstd(bytes)
  return packed.byteLength <= bytes.byteLength * worthwhileShare ? { encoding: 'zstd', packed } : { encoding: 'raw', packed: bytes }
}

/** The plain bytes of a file's bytes; undefined when they cannot be unpacked, or are longer than any block. */
export async function unpackBlock(encoding: BlockEncoding, packed: Uint8Array): Promise<Uint8Array | undefined> {
  if (encoding === 'raw') return packed.byteLength <= maxBlockBytes ? packed : undefined
  try {
    const plain = await (encoding === 'zstd' ? unzstd : ungzip)(packed, { maxOutputLength: maxBlockBytes })
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength)
  } catch {
    return undefined
  }
}
