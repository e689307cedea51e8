import type { Chance } from '../../src/lib/chance.ts'

const agents = ['claude', 'ada-claude', 'bob-codex', 'eve', 'gemini-2', 'ci_bot', 'althing-steward']
const roles = ['reviewer', 'backend', 'architect', 'qa', 'release-manager', 'tester']
const projects = ['shop', 'althing', 'payments-api', 'docs-site', 'infra', 'mobile_app']
const tasks = ['cart', 'issue', 'oauth-login', 't', 'refactor-session-store', 'release']
const words = ['docs', 'notes', 'why.md', 'src', 'checkout', 'cart-42', 'decisions', '0001-record.md', 'a', 'api_v2']

/**
 * Addresses as they are met: every kind of temporal segment, paths, now and then capitals, a query or a fragment. Each is one flat string, as
 * what comes from a socket or a file is.
 */
export function createAddresses(count: number, chance: Chance): readonly string[] {
  return Array.from({ length: count }, () => Buffer.from(createAddress(chance)).toString())
}

function createAddress(chance: Chance): string {
  const from = (list: readonly string[]): string => list[pick(chance, list.length)] ?? ''
  const path = Array.from({ length: pick(chance, 6) }, () => from(words)).join('/')
  const query = pick(chance, 10) === 0 ? '?from=search' : ''
  const fragment = pick(chance, 20) === 0 ? '#part-2' : ''
  const agent = pick(chance, 20) === 0 ? from(agents).toUpperCase() : from(agents)
  const authority = `ucxl://${agent}:${from(roles)}@${from(projects)}:${from(tasks)}-${pick(chance, 1_000)}`
  return `${authority}/${createTemporal(chance)}${path === '' ? '' : `/${path}`}${query}${fragment}`
}

function createTemporal(chance: Chance): string {
  const kind = pick(chance, 10)
  if (kind < 5) return '*^'
  if (kind === 5) return '*~'
  if (kind === 6) return `*~${1 + pick(chance, 5_000)}`
  if (kind === 7) return `~~${pick(chance, 20)}`
  if (kind === 8) return `^^${pick(chance, 20)}`
  return new Date(1_700_000_000_000 + pick(chance, 100_000_000) * 1_000).toISOString()
}

function pick(chance: Chance, count: number): number {
  return Math.floor(chance.fraction() * count)
}
