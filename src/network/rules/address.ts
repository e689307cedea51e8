/** What a text says as an address to dial or to listen on. */
export type AddressVerdict =
  | { readonly verdict: 'address'; readonly peer: string | undefined; readonly port: number | undefined; readonly isRelayed: boolean }
  | { readonly verdict: 'invalid'; readonly reason: string }

/** Longest text that is looked at; a relayed address with two peer ids has some 180 characters. */
const maxLength = 512
const hostProtocols = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6', 'dnsaddr', 'memory'])
const hostName = /^[a-zA-Z0-9_.-]{1,253}$/
const ip6Text = /^[0-9a-fA-F:.]{2,45}$/
const peerText = /^[1-9A-HJ-NP-Za-km-z]{40,64}$/

/**
 * Reads `/ip4|ip6|dns…/HOST/tcp/PORT[/p2p/ID][/p2p-circuit[/p2p/ID]]`, `/dnsaddr/HOST[/p2p/ID]` and `/p2p/ID/p2p-circuit`. TCP only: the one transport there is.
 *
 * @see https://github.com/multiformats/multiaddr
 */
export function judgeAddress(text: string): AddressVerdict {
  if (text.length > maxLength) return invalid(`it has ${text.length} characters, at most ${maxLength} are read`)
  if (!text.startsWith('/')) return invalid('it does not begin with "/"')
  const parts = text.slice(1).split('/')
  const state: { peer: string | undefined; port: number | undefined; isRelayed: boolean } = {
    peer: undefined,
    port: undefined,
    isRelayed: false,
  }
  for (let index = 0; index < parts.length;) {
    const [protocol = '', value = ''] = [parts[index], parts[index + 1]]
    if (protocol === 'p2p-circuit') {
      if (state.isRelayed) return invalid('it has p2p-circuit twice')
      state.isRelayed = true
      state.peer = undefined
      index += 1
      continue
    }
    const reason = judgePart(protocol, value, index)
    if (reason !== undefined) return invalid(reason)
    if (protocol === 'p2p') state.peer = value
    if (protocol === 'tcp') state.port = Number(value)
    index += 2
  }
  const isDialable = state.port !== undefined || state.peer !== undefined || parts[0] === 'dnsaddr' || state.isRelayed
  return isDialable ? { verdict: 'address', ...state } : invalid('it has no port, /tcp/4001')
}

/** Whether a multiaddr leads to this machine only. */
export function isLoopback(address: string): boolean {
  return address.startsWith('/ip4/127.') || address.startsWith('/ip6/::1/')
}

function judgePart(protocol: string, value: string, index: number): string | undefined {
  if (hostProtocols.has(protocol)) return index === 0 ? judgeHost(protocol, value) : `"${protocol}" stands only at the beginning`
  if (protocol === 'tcp') return /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? undefined : `"${value}" is no port`
  if (protocol === 'p2p') return peerText.test(value) ? undefined : `"${value}" is no peer id`
  return `"${protocol}" is not spoken here; addresses look like /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…`
}

function judgeHost(protocol: string, value: string): string | undefined {
  if (protocol === 'ip4') return isIp4(value) ? undefined : `"${value}" is no IPv4 address`
  if (protocol === 'ip6') return ip6Text.test(value) && value.includes(':') ? undefined : `"${value}" is no IPv6 address`
  return hostName.test(value) ? undefined : `"${value}" is no host name`
}

function isIp4(value: string): boolean {
  const parts = value.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

function invalid(reason: string): AddressVerdict {
  return { verdict: 'invalid', reason }
}
