import type { Channel } from '../network/host.ts'
import { chunkBytes } from './chunks.ts'
import { pieceBytes } from './protocol.ts'

/** A block in the messages it travels in: views, not copies. */
export function* cutPieces(block: Uint8Array): Iterable<Uint8Array> {
  for (let offset = 0; offset < block.byteLength; offset += pieceBytes) yield block.subarray(offset, offset + pieceBytes)
}

export interface ReceiveBlockOptions {
  /** Length the block must have. */
  readonly length: number
  readonly signal: AbortSignal
  /** Called for each piece; the next one is not read before it resolves. */
  readonly onPiece: (bytes: number) => Promise<void>
  /** Memory to put it together in; its own when there is none. */
  readonly memory?: BlockMemory
}

/**
 * Memory of chunks that is used again: 1 MiB of new memory for each chunk keeps the garbage collector busy for a fifth of
 * a fast transfer.
 */
export class BlockMemory {
  readonly #free: Uint8Array[] = []

  take(length: number): Uint8Array {
    return (this.#free.pop() ?? new Uint8Array(chunkBytes)).subarray(0, length)
  }

  /** Gives back what nobody reads any more. */
  giveBack(block: Uint8Array): void {
    if (block.buffer.byteLength === chunkBytes && this.#free.length < maxFreeBlocks) this.#free.push(new Uint8Array(block.buffer))
  }
}

const maxFreeBlocks = 16

/**
 * Puts a block together from its pieces; undefined when the peer says that it cannot read it after all.
 *
 * @throws Error when the pieces are longer than the block, or the channel ends
 */
export async function receiveBlock(
  channel: Channel,
  { length, signal, onPiece, memory }: ReceiveBlockOptions,
): Promise<Uint8Array | undefined> {
  const block = memory?.take(length) ?? new Uint8Array(length)
  for (let filled = 0; filled < length;) {
    const piece = await channel.receive({ signal })
    if (piece === undefined) throw new Error('the peer closed the channel in the middle of a block')
    if (piece.byteLength === 0) return undefined
    if (piece.byteLength > length - filled) throw new Error(`the peer sent more than the ${length} bytes of the block`)
    block.set(piece, filled)
    filled += piece.byteLength
    const { byteLength } = piece
    channel.giveBack?.(piece)
    await onPiece(byteLength)
  }
  return block
}
