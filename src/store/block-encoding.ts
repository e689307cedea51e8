import { promisify } from 'node:util'
import { gunzip, zstdCompress, zstdDecompress } from 'node:zlib'
import { looksRandom } from './rules/entropy.ts'

/** How the bytes of a block lie in its file. Written are `raw` and `zstd`; `gzip` is read. */
export type BlockEncoding = 'raw' | 'zstd' | 'gzip'

/** No block is longer, packed or not: 1 MiB of content, or a list of chunks. */
export const maxBlockBytes = 4 * 1024 * 1024

/** Compression must leave at most this share of the plain length; less gain is not worth the reading. */
const worthwhileShare = 0.95

const zstd = promisify(zstdCompress)
const unzstd = promisify(zstdDecompress)
const ungzip = promisify(gunzip)

/** A block as it goes to disk. */
export interface PackedBlock {
  readonly encoding: BlockEncoding
  readonly packed: Uint8Array
}

/** What is looked at of a long block before all of it is tried: 0.2 ms/MiB, where trying costs 2.3 ms/MiB. */
const samples = 4
const sampleBytes = 16 * 1024

/** The bytes as they are written at first: as `packBlock`, but a long block whose samples all look random is not tried. */
export async function packBlockSoon(bytes: Uint8Array): Promise<PackedBlock> {
  if (bytes.byteLength > 2 * samples * sampleBytes && samplesOf(bytes).every(looksRandom)) return { encoding: 'raw', packed: bytes }
  return packBlock(bytes)
}

/** Views of the beginning, the end, and what lies evenly between. */
function samplesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const step = Math.floor((bytes.byteLength - sampleBytes) / (samples - 1))
  return Array.from({ length: samples }, (_, index) => bytes.subarray(index * step, index * step + sampleBytes))
}

/** The bytes as they go to disk: compressed when that saves at least 5 %, else as they are. */
export async function packBlock(bytes: Uint8Array): Promise<PackedBlock> {
  const packed = await compress(bytes)
  return packed.byteLength <= bytes.byteLength * worthwhileShare ? { encoding: 'zstd', packed } : { encoding: 'raw', packed: bytes }
}

/** One output chunk and a known length spare zlib its growing buffers: almost half of the time. */
function compress(bytes: Uint8Array): Promise<Uint8Array> {
  return zstd(bytes, { chunkSize: Math.max(1024, bytes.byteLength), pledgedSrcSize: bytes.byteLength })
}

/** Room for most of what a block unpacks to: with zlib's own 16 KiB at a time, unpacking 256 KiB takes ten times as long. */
function roomFor(packed: Uint8Array): number {
  return Math.min(maxBlockBytes, Math.max(65_536, 4 * packed.byteLength))
}

/** The plain bytes of a file's bytes; undefined when they cannot be unpacked, or are longer than any block. */
export async function unpackBlock(encoding: BlockEncoding, packed: Uint8Array): Promise<Uint8Array | undefined> {
  if (encoding === 'raw') return packed.byteLength <= maxBlockBytes ? packed : undefined
  try {
    const plain = await (encoding === 'zstd' ? unzstd : ungzip)(packed, { maxOutputLength: maxBlockBytes, chunkSize: roomFor(packed) })
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength)
  } catch {
    return undefined
  }
}
