import type { HandlersOf, OutputOf } from '../operations/define-operation.ts'
import type { healthOperations } from './operations.ts'

/** The answer of `p2p.status`. */
export type Status = OutputOf<(typeof healthOperations)[0]>

export interface HealthDeps {
  /** The whole answer: the composition root asks each part. */
  readonly readStatus: (hive: string | undefined) => Status | Promise<Status>
  /** Starts the orderly end; returns at once, so that the answer still gets out. */
  readonly requestStop: () => void
}

/** Handlers of `p2p.status` and `p2p.stop`. */
export function createHealthHandlers(deps: HealthDeps): HandlersOf<typeof healthOperations> {
  return {
    'p2p.status': async (_input, { hive }) => deps.readStatus(hive),
    'p2p.stop': async () => {
      deps.requestStop()
      return { stopping: true, pid: process.pid }
    },
  }
}
