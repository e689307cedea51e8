import type { Progress } from './define-operation.ts'

/** A node as its surfaces see it: something that can be asked. Disposing it ends the node in good order. */
export interface Althing extends AsyncDisposable {
  /**
   * Runs one operation of the catalogue by name; the input is parsed and bounded here, whoever sent it.
   *
   * @throws Fault OPERATION_UNKNOWN, INPUT_INVALID, or one of those the operation names; the signal's reason when it is aborted
   */
  readonly call: (name: string, input: unknown, options: CallOptions) => Promise<unknown>
  /** How each part is. Asking costs nothing. */
  readonly probe: () => ProbeReport
  /** Aborted when somebody asked the node to end (`p2p.stop`); whoever opened the node then disposes it. */
  readonly stopRequested: AbortSignal
}

/** What goes with one call. */
export interface CallOptions {
  readonly signal: AbortSignal
  /** Name or id of a hive; without it, the current one. */
  readonly hive?: string | undefined
  readonly report?: ((progress: Progress) => void) | undefined
}

/** What `/health/ready` answers. */
export interface ProbeReport {
  readonly isReady: boolean
  readonly parts: Readonly<Record<string, PartReport>>
}

export interface PartReport {
  readonly ok: boolean
  /** For a person: what the part does, or what it waits for. */
  readonly detail: string
}
