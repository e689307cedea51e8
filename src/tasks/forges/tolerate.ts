import { Fault } from '../../lib/fault.ts'

/** For `catch`: what is not there is as good as taken away. */
export function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Fault) || error.code !== 'FORGE_MISSING') throw error
  return undefined
}

/** For `catch`: a token may do all that work needs, and not be allowed to look at this. */
export function unlessDenied(error: unknown): undefined {
  if (!(error instanceof Fault) || error.code !== 'FORGE_DENIED') throw error
  return undefined
}
