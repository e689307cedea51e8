import type { Fault } from '../../lib/fault.ts'
import type { ClaimReason } from '../../tasks/rules/reasons.ts'

/** What a fault that ended work says of it. */
export interface FaultVerdict {
  readonly reason: ClaimReason
  /** What else will meet the same, so that it is left alone for a while: all tasks of the project, or all of this node. */
  readonly hinders: 'project' | 'node' | undefined
}

/** The work itself is not taken, or its task is too long to be read. It counts towards quarantine: else the same would be made and refused for ever. */
const ofTheWork: readonly string[] = ['WORK_REFUSED', 'FORGE_REFUSED', 'FORGE_TOO_LONG']
/** The forge, or its git server, does not let this node do what tasks need. */
const ofTheRight: readonly string[] = [
  ...['FORGE_DENIED', 'FORGE_MISSING', 'REMOTE_DENIED', 'REMOTE_MISSING', 'REMOTE_MOVED', 'REMOTE_UNSUPPORTED'],
]
/** What they say cannot be understood: a proxy in between, another version. */
const ofTheForge: readonly string[] = ['FORGE_INVALID', 'REMOTE_PROTOCOL']
/** Of what is unavailable, what is this node's own: its disk, and its keyring. */
const ofTheNode: readonly string[] = [
  ...['DISK_FULL', 'DISK_ERROR', 'QUOTA_EXCEEDED', 'STORE_FAILED', 'STORE_CORRUPT', 'BLOCK_CORRUPT', 'SECRET_UNAVAILABLE'],
]

/** Whose fault it is that work on a task broke off. What is not known to be of the work or the forge is this node's, and counts for nothing. */
export function judgeFault({ code, kind }: Pick<Fault, 'code' | 'kind'>): FaultVerdict {
  if (ofTheWork.includes(code)) return { reason: 'failed', hinders: undefined }
  if (ofTheRight.includes(code)) return { reason: 'refused-by-forge', hinders: 'project' }
  if (ofTheForge.includes(code)) return { reason: 'forge-down', hinders: 'project' }
  const isDown = (kind === 'unavailable' || kind === 'timeout') && !ofTheNode.includes(code)
  return isDown ? { reason: 'forge-down', hinders: undefined } : { reason: 'node-failed', hinders: 'node' }
}
