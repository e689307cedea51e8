/** Most copies that may be waited for, and longest time, in seconds. */
const [maxReplicas, maxWaitSeconds] = [32, 300]

/** What the writer of a version would like. */
export interface Preferences {
  /** Copies, the node's own counted. */
  readonly replicas?: number
  /** How long to wait for them. */
  readonly waitSeconds?: number
}

/** Reads `Prefer`; the first of a name counts, and what is not understood is ignored, as it may be. @see https://www.rfc-editor.org/rfc/rfc7240 */
export function readPreferences(header: string | undefined): Preferences {
  const replicas = readNumber(header, 'replicas', { min: 1, max: maxReplicas })
  const waitSeconds = readNumber(header, 'wait', { min: 0, max: maxWaitSeconds })
  return { ...(replicas === undefined ? {} : { replicas }), ...(waitSeconds === undefined ? {} : { waitSeconds }) }
}

function readNumber(
  header: string | undefined,
  wanted: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  for (const preference of (header ?? '').split(',')) {
    const [name = '', value = ''] = preference.split('=', 2)
    const digits = /^\s*"?(\d{1,4})"?\s*$/.exec(value)?.[1]
    if (name.trim().toLowerCase() !== wanted || digits === undefined) continue
    const number = Number(digits)
    if (number >= min && number <= max) return number
  }
  return undefined
}
