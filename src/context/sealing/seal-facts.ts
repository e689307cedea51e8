import type { PeerId } from '../../identity/keys.ts'

/** Who can open what was sealed just now. */
export interface SealedFor {
  /** Nodes, this one counted. */
  readonly recipients: number
  /** Nodes of those it is meant for that have no key yet. */
  readonly unreachable: readonly PeerId[]
}

/** What was sealed anew. */
export interface Resealed {
  /** Versions written, each sealed to who may open it now. */
  readonly resealed: readonly { readonly resource: string; readonly version: number; readonly recipients: number }[]
  /** Resources that are sealed as they should be. */
  readonly current: number
  /** Resources that are not, and could not be sealed anew. */
  readonly failed: readonly { readonly resource: string; readonly reason: string }[]
}

/** Tells that keys, or who is meant by a role, may be others now. */
export interface SealSource {
  /** Called after the commit. */
  readonly onRecipients: (listener: () => void) => () => void
}
