import type { PeerId } from '../../identity/keys.ts'
import { encodeText } from '../../lib/bytes.ts'
import { hashBytes } from '../../lib/cid.ts'
import type { Belief } from './believe.ts'

/** Cells into which the distribution is cut; each is flat. A bid is in millionths of a score, and needs no more. */
const cells = 1_000

/**
 * The number in [0, 1) that a node draws for one turn: for the same task and epoch the same, however often it looks.
 *
 * Drawn anew at each look, every node would come to a high number some time. A hash needs no memory, and a restart draws nothing anew.
 */
export function drawOf({ self, task, epoch }: { readonly self: PeerId; readonly task: string; readonly epoch: number }): number {
  const hash = hashBytes(encodeText(`althing-turn-draw-v1 ${task} ${epoch} ${self}`))
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0) / 2 ** 32
}

/**
 * The success that a draw stands for: where so much of the belief lies below. Between 0 and 1; never falls when a success is added, or with the draw.
 *
 * A sample, and not the mean, lets a node that failed once or did nothing yet try now and then, and less often the more is known (Thompson sampling).
 *
 * @see Thompson: On the likelihood that one unknown probability exceeds another (1933)
 */
export function sampleSuccess({ alpha, beta }: Belief, draw: number): number {
  // counted from the nearer end, where what is left is not lost in the sum of all before
  return draw > 0.5 ? 1 - quantile({ alpha: beta, beta: alpha }, 1 - draw) : quantile({ alpha, beta }, draw)
}

/** `draw`: a half at most. */
function quantile({ alpha, beta }: Belief, draw: number): number {
  const logs = Array.from({ length: cells }, (_, cell) => {
    const middle = (cell + 0.5) / cells
    return (alpha - 1) * Math.log(middle) + (beta - 1) * Math.log1p(-middle)
  })
  // the greatest is 1, so that nothing overflows and not all is nothing
  const highest = logs.reduce((one, other) => Math.max(one, other))
  const masses = logs.map((log) => Math.exp(log - highest))
  let left = draw * masses.reduce((sum, mass) => sum + mass, 0)
  let cell = 0
  for (const mass of masses) {
    if (left < mass) break
    left -= mass
    cell += 1
  }
  return (cell + left / (masses[cell] ?? 1)) / cells
}
