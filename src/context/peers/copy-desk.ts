import type { Receipt } from '../../content/protocol.ts'
import { isReceiptSigned } from '../../content/protocol.ts'
import { putReceipt } from '../../content/receipts.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Database } from '../../store/database.ts'
import type { ContextClient } from './client.ts'
import { dropCopies, noteCopies } from './live-content.ts'
import { maxNamed } from './protocol.ts'

export interface CopyDeskDeps {
  readonly hive: HiveId
  readonly database: Database
  readonly client: ContextClient
  readonly clock: Clock
  readonly log: Log
}

export interface CopyDeskOptions {
  /** Time for one answer, in milliseconds. */
  readonly askTimeoutMs: number
}

/**
 * Asks one member which of some content is whole on its disk, and notes what it signs for: what it has no more is crossed out.
 *
 * What it did not answer stays as it was.
 */
export async function askCopies(
  deps: CopyDeskDeps,
  { askTimeoutMs: ms }: CopyDeskOptions,
  { peer, cids, signal }: { readonly peer: PeerId; readonly cids: readonly Cid[]; readonly signal: AbortSignal },
): Promise<void> {
  for (let from = 0; from < cids.length; from += maxNamed) {
    const asked = cids.slice(from, from + maxNamed)
    const answer = await deps.client.ask(peer, { type: 'hold', cids: asked }, { ms, signal })
    if (answer === undefined) return
    if (!(await noteAnswer(deps, { peer, at: answer.at, asked, signatures: answer.signatures }))) return
  }
}

interface HeldAnswer {
  readonly peer: PeerId
  readonly at: number
  readonly asked: readonly Cid[]
  readonly signatures: readonly (Uint8Array | null)[]
}

async function noteAnswer({ hive, database, clock, log }: CopyDeskDeps, { peer, at, asked, signatures }: HeldAnswer): Promise<boolean> {
  const held: { readonly receipt: Receipt; readonly signature: Uint8Array }[] = []
  const lost: Cid[] = []
  for (const [index, cid] of asked.entries()) {
    const signature = signatures[index] ?? null
    const receipt: Receipt = { hive, cid, node: peer, at }
    if (signature === null) lost.push(cid)
    else if (isReceiptSigned(receipt, signature)) held.push({ receipt, signature })
    else {
      log.warn('a receipt was not signed by the peer it came from', { peer, cid })
      return false
    }
  }
  const now = Math.trunc(clock.now())
  await database.write((tx) => {
    for (const { receipt, signature } of held) putReceipt(tx, receipt, signature)
    noteCopies(
      tx,
      hive,
      held.map(({ receipt }) => ({ cid: receipt.cid, node: peer, at: now })),
    )
    dropCopies(tx, hive, { node: peer, cids: lost })
  })
  return true
}
