import type { ContentStore } from '../content/content.ts'
import { certificateKind, grantKind } from '../hive/membership-view.ts'
import type { Membership } from '../hive/membership.ts'
import type { HiveId } from '../journal/entry.ts'
import type { View } from '../journal/view.ts'
import type { Cid } from '../lib/cid.ts'
import type { Transaction } from '../store/database.ts'
import type { VersionSource } from './context.ts'
import { applyCertificate, rightOf, rejudgeRights, resetNames } from './name-rows.ts'
import { versionKind } from './version.ts'
import { putVersion, recountAgent, resetVersions } from './version-rows.ts'

/** The name under which the journal keeps this view. */
export const contextViewName = 'context'

export interface ContextViewDeps {
  readonly content: Pick<ContentStore, 'reference' | 'dereference'>
  readonly membership: Pick<Membership, 'hasOwned'>
}

/** The view, which also tells of what it took in. */
export interface ContextView extends View, VersionSource {}

/**
 * The versions of a hive's context, from `version` entries.
 *
 * A version counts when the certificate that stands before it in its own journal names the agent, and the agent is or ever was that
 * certificate's owner's. Which numbers can be read follows from the set of those that count: `1..last` without a gap. Two that give one
 * number to different things are both kept, and neither can be read by that number. Nothing here depends on the order in which
 * different authors' entries came.
 */
export function createContextView(deps: ContextViewDeps): ContextView {
  const listeners = new Set<(entry: Cid) => void>()
  // one work of the database: what it puts back after a reset is no news
  let rebuiltIn: Transaction | undefined
  const tell = (tx: Transaction, entries: readonly Cid[]): void => {
    if (tx === rebuiltIn || entries.length === 0) return
    tx.afterCommit(() => {
      for (const entry of entries) for (const listener of listeners) listener(entry)
    })
  }
  return {
    name: contextViewName,
    version: 1,
    kinds: [versionKind, certificateKind, grantKind],
    apply: (tx, entry) => {
      if (entry.kind === certificateKind) return applyCertificate(tx, entry)
      if (entry.kind === versionKind)
        return tell(tx, putVersion(tx, entry, { ...deps, rightOf: (who) => rightOf(tx, who, deps.membership) }))
      for (const agent of rejudgeRights(tx, entry.hive, deps.membership)) tell(tx, recountAgent(tx, { hive: entry.hive, agent }, deps))
    },
    reset: (tx, hive: HiveId) => {
      rebuiltIn = tx
      resetVersions(tx, hive, deps)
      resetNames(tx, hive)
    },
    onVersion: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
