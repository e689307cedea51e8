import { isLoopbackHost } from '../../lib/loopback.ts'

/** What decides whether a request over TCP is heard at all. */
export interface RequestHead {
  readonly host: string | undefined
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`, which browsers set and pages cannot. */
  readonly site: string | undefined
}

/**
 * Whether a request is from this machine's own programs: `Host` names loopback (a rebound DNS name does not), and a
 * page, if one sent it, was served by us.
 */
export function judgeRequest({ host, origin, site }: RequestHead): 'heard' | 'refused' {
  if (!isLoopbackHost(host)) return 'refused'
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'refused'
  if (origin === undefined) return 'heard'
  return origin === `http://${host}` ? 'heard' : 'refused'
}
