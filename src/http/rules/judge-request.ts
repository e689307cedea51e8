/** What decides whether a request over TCP is heard at all. */
export interface RequestHead {
  readonly host: string | undefined
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`, which browsers set and pages cannot. */
  readonly site: string | undefined
}

const loopbackNames: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Whether a request is from this machine's own programs: `Host` names loopback (a rebound DNS name does not), and a
 * page, if one sent it, was served by us.
 */
export function judgeRequest({ host, origin, site }: RequestHead): 'heard' | 'refused' {
  if (host === undefined || !isLoopbackHost(host)) return 'refused'
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'refused'
  if (origin === undefined) return 'heard'
  return origin === `http://${host}` ? 'heard' : 'refused'
}

/** Whether an address is one that only this machine reaches. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address)
}

function isLoopbackHost(host: string): boolean {
  const match = /^(\[[0-9a-f:]{2,39}\]|[a-z0-9.-]{1,253})(?::\d{1,5})?$/i.exec(host)
  return match?.[1] !== undefined && (loopbackNames.has(match[1].toLowerCase()) || isLoopbackAddress(match[1]))
}
