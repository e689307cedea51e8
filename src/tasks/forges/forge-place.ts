import { tasksFaults } from '../faults.ts'
import { parseGitAddress } from '../git/address.ts'
import type { ForgeKind, Project } from '../task.ts'

/** Where a project is on its forge. */
export interface ForgePlace {
  /** Of the API, without a slash at its end. */
  readonly api: string
  readonly owner: string
  readonly repo: string
  /** Owner, with all groups above it, and repository. */
  readonly path: string
}

/** Hosts that are known to be forges. */
const knownHosts: Readonly<Record<string, ForgeKind>> = { 'github.com': 'github', 'gitlab.com': 'gitlab', 'codeberg.org': 'gitea' }

/** Where forges take ssh on the port of https, and whose host that is. @see https://docs.github.com/en/authentication/troubleshooting-ssh/using-ssh-over-the-https-port */
const sshHosts: Readonly<Record<string, string>> = { 'ssh.github.com': 'github.com', 'altssh.gitlab.com': 'gitlab.com' }
/** Of an enterprise with data residency, whose API has a host of its own. @see https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency */
const residentHost = /^[a-z0-9-]+\.ghe\.com$/

/** What kind of forge an address is of, as far as its host tells. */
export function guessForge(url: string): ForgeKind {
  const host = hostOf(url) ?? ''
  return residentHost.test(host) ? 'github' : (knownHosts[host] ?? 'git')
}

/** The host of an address; undefined for a path. @throws Fault PROJECT_INVALID */
export function hostOf(url: string): string | undefined {
  const address = parseGitAddress(url)
  if (address.kind === 'path') return undefined
  const host = (address.kind === 'ssh' ? address.host : new URL(address.url).hostname).toLowerCase()
  return sshHosts[host] ?? host
}

/** Where the API of a project's forge is: on the host that the operator named, and nowhere else. @throws Fault PROJECT_INVALID */
export function placeOf({ url, forge }: Pick<Project, 'url' | 'forge'>): ForgePlace {
  const address = parseGitAddress(url)
  if (address.kind === 'path') throw noPlace(url, forge)
  const web = address.kind === 'http' ? new URL(address.url) : undefined
  const origin = web?.origin ?? `https://${hostOf(url) ?? ''}`
  const path = decodeURIComponent(web?.pathname ?? (address.kind === 'ssh' ? address.path : ''))
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
  const parts = path.split('/')
  const [repo, owner] = [parts.at(-1) ?? '', parts.at(-2) ?? '']
  const isPlain = parts.every((part) => /^[\w.~-]+$/.test(part) && part !== '.' && part !== '..')
  if (parts.length < 2 || !isPlain) throw noPlace(url, forge)
  if (forge === 'gitlab') return { api: `${origin}/api/v4`, owner, repo, path }
  // Gitea may live below a folder of its host
  if (forge === 'gitea') return { api: [origin, ...parts.slice(0, -2), 'api/v1'].join('/'), owner, repo, path: `${owner}/${repo}` }
  if (parts.length !== 2) throw noPlace(url, forge)
  return { api: githubApiOf(origin), owner, repo, path }
}

/** @see https://docs.github.com/en/enterprise-cloud@latest/rest/using-the-rest-api/getting-started-with-the-rest-api */
function githubApiOf(origin: string): string {
  const { host } = new URL(origin)
  const isHosted = host === 'github.com' || residentHost.test(host)
  return isHosted && origin === `https://${host}` ? `https://api.${host}` : `${origin}/api/v3`
}

function noPlace(url: string, forge: ForgeKind): Error {
  return tasksFaults.create('PROJECT_INVALID', {
    message: `${JSON.stringify(url.slice(0, 200))} is no repository of a ${forge} server; give https://host/owner/repository, or say --forge git`,
  })
}
