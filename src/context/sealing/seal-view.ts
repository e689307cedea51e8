import { certificateKind, grantKind, nodeRevocationKind } from '../../hive/membership-view.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { View } from '../../journal/view.ts'
import type { Reader } from '../../store/database.ts'
import type { SealRecipient } from '../rules/choose-recipients.ts'
import type { SealSource } from './seal-facts.ts'
import { parseSealKey, sealKeyKind } from './seal-record.ts'

export interface SealView extends View, SealSource {}

/**
 * The newest seal key of each node, from `seal-key` entries of its own journal; of two with one epoch the first.
 *
 * Whether the node is a member's, and not revoked, is asked when something is sealed.
 */
export function createSealView(): SealView {
  const listeners = new Set<() => void>()
  return {
    name: 'seal',
    version: 1,
    kinds: [sealKeyKind, certificateKind, grantKind, nodeRevocationKind],
    apply: (tx, entry) => {
      tx.afterCommit(() => {
        for (const listener of listeners) listener()
      })
      const record = entry.kind === sealKeyKind ? parseSealKey(entry.body) : undefined
      if (record === undefined) return
      tx.run(
        `insert into context_seal_key (hive, node, epoch, recipient, at) values (?, ?, ?, ?, ?)
         on conflict do update set epoch = excluded.epoch, recipient = excluded.recipient, at = excluded.at where excluded.epoch > epoch`,
        entry.hive,
        entry.node,
        record.epoch,
        record.recipient,
        entry.at,
      )
    },
    reset: (tx, hive) => void tx.run('delete from context_seal_key where hive = ?', hive),
    onRecipients: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** A key as the view has it. */
export interface KnownSealKey extends SealRecipient {
  /** When its owner said so, by its own wall time in milliseconds. */
  readonly at: number
}

/** The newest key of every node of a hive that said one. */
export function readSealKeys(reader: Reader, hive: HiveId): ReadonlyMap<PeerId, KnownSealKey> {
  const rows = reader.all<KnownSealKey>('select node, epoch, recipient, at from context_seal_key where hive = ?', hive)
  return new Map(rows.map((row) => [row.node, row]))
}
