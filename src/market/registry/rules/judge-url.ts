import { isIP } from 'node:net'
import { isPublicAddress } from './judge-address.ts'

/** Longest URL of a registry, in characters. */
export const maxUrl = 400

/** Reads the URL of a registry: http or https, no credentials, query or fragment; without a slash at its end. Undefined for anything else. */
export function parseRegistryUrl(text: string): string | undefined {
  if (text.length > maxUrl || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined
  return url.href.replace(/\/+$/, '')
}

/** Redirects that are followed. */
export const maxRedirects = 3

/** Where a registry was said to be when it was added, by a person. */
export interface RegistryPlace {
  readonly url: URL
  /** Whether that was in a private network then: whoever has a name may say later that it leads into ours. */
  readonly isPrivate: boolean
}

/** Why a request may not go where a redirect leads; undefined when it may. */
export function judgeRedirect(registry: RegistryPlace, from: URL, to: URL): string | undefined {
  if (to.protocol !== 'http:' && to.protocol !== 'https:') return `${to.protocol} is not asked`
  if (to.username !== '' || to.password !== '') return 'it holds a password'
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'it leads from https to http'
  const host = bareHost(to)
  if (isIP(host) !== 0 && !mayConnect(registry, to, host)) return `${host} is an address of a private network`
  return undefined
}

/** Whether a URL may be asked at an address its name leads to: any public one, and of a registry in a private network its own. */
export function mayConnect(registry: RegistryPlace, url: URL, address: string): boolean {
  return isPublicAddress(address) || (registry.isPrivate && url.origin === registry.url.origin)
}

/** The host of a URL without the brackets of IPv6. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}
