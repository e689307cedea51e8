import { isLoopback } from '../../lib/loopback.ts'
import { tasksFaults } from '../faults.ts'

/** Where a repository is, in parts that no program can take for an option. */
export type GitAddress =
  | { readonly kind: 'http'; readonly url: string; readonly isEncrypted: boolean; readonly isLoopback: boolean }
  | {
      readonly kind: 'ssh'
      readonly user: string | undefined
      readonly host: string
      readonly port: number | undefined
      readonly path: string
    }
  | { readonly kind: 'path'; readonly path: string }

/** Longest address that is looked at, in characters. */
const maxAddressLength = 2_048

/**
 * Reads the address of a repository: `https://…`, `http://…`, `ssh://…`, `user@host:path` or an absolute path.
 *
 * Everything else git would take (`ext::`, `file://host`, options) is refused, and so are credentials in an address.
 *
 * @throws Fault PROJECT_INVALID; its message shows nothing of a password
 */
export function parseGitAddress(text: string): GitAddress {
  const address = text.length <= maxAddressLength && isPrintable(text) ? readAddress(text) : undefined
  if (address !== undefined) return address
  const shown = text.slice(0, 120).replace(/\/\/[^/@]*@/, '//…@')
  throw tasksFaults.create('PROJECT_INVALID', {
    message: `${JSON.stringify(shown)} is no address of a repository that can be used: give https://host/path, ssh://user@host/path, user@host:path or an absolute path, without a password in it`,
  })
}

function readAddress(text: string): GitAddress | undefined {
  if (text.startsWith('/')) return { kind: 'path', path: text }
  if (!text.includes('://')) return readScp(text)
  const url = URL.parse(text)
  if (url === null || url.password !== '' || url.hash !== '') return undefined
  if (url.protocol === 'file:') return url.host === '' ? readFolder(url) : undefined
  if (url.protocol === 'ssh:') return readSsh(url)
  const isHttp = (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.search === ''
  if (!isHttp) return undefined
  return {
    kind: 'http',
    url: url.href.replace(/\/+$/, ''),
    isEncrypted: url.protocol === 'https:',
    isLoopback: isLoopback(url.hostname),
  }
}

function readScp(text: string): GitAddress | undefined {
  const match = /^(?:([^@:/]+)@)?([^:/@]+):(.+)$/.exec(text)
  return match === null ? undefined : ssh({ user: match[1], host: match[2] ?? '', port: undefined, path: match[3] ?? '' })
}

function readFolder({ pathname }: URL): GitAddress | undefined {
  const path = decodePath(pathname)
  return path === undefined ? undefined : { kind: 'path', path }
}

function readSsh(url: URL): GitAddress | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? undefined : Number(url.port)
  const path = decodePath(url.pathname)
  if (path === undefined) return undefined
  return ssh({ user: url.username || undefined, host, port, path: path.replace(/^\/~/, '~') })
}

/** Undefined where what is written after a `%` is no byte of UTF-8. */
function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

interface SshParts {
  readonly user: string | undefined
  readonly host: string
  readonly port: number | undefined
  readonly path: string
}

/** S26: a host or user that begins with a hyphen is an option to ssh; a path that does is one to git. */
function ssh(parts: SshParts): GitAddress | undefined {
  const isHost = /^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$/.test(parts.host)
  const isUser = parts.user === undefined || /^[A-Za-z0-9_][\w.-]{0,63}$/.test(parts.user)
  const isPath = isPrintable(parts.path) && !/^[-:]/.test(parts.path) && parts.path !== '/'
  return isHost && isUser && isPath ? { kind: 'ssh', ...parts } : undefined
}

function isPrintable(text: string): boolean {
  return text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)
}
