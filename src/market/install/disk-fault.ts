import type { Fault } from '../../lib/fault.ts'
import { Fault as FaultClass, describeError } from '../../lib/fault.ts'
import { errorCode, isDiskFull, storeFaults } from '../../store/faults.ts'
import { refuseTarget } from './place.ts'

/** Codes with which a system says that we may not write there. */
const forbidden = new Set(['EACCES', 'EPERM', 'EROFS'])

/** What the disk said while a package was written, as a fault; anything else as it is. */
export function toInstallFault(error: unknown, path: string): unknown {
  const code = errorCode(error)
  if (error instanceof FaultClass || code === undefined) return error
  if (forbidden.has(code)) return refuseTarget(path, `it may not be written (${code})`)
  return isDiskFull(error) ? diskFull(error, path) : diskError(error, path)
}

function diskFull(cause: unknown, path: string): Fault {
  const message = `nothing was installed: no space is left for ${path}. Free some, or install elsewhere with --target.`
  return storeFaults.create('DISK_FULL', { message, data: { path }, cause })
}

function diskError(cause: unknown, path: string): Fault {
  const message = `nothing was installed: the disk failed while ${path} was written (${describeError(cause)}). Check it, then install again.`
  return storeFaults.create('DISK_ERROR', { message, data: { path }, cause })
}
