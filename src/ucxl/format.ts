import type { Address, Temporal } from './address.ts'
import { formatInstant } from './instant.ts'

/** What names a resource: an address without its temporal segment, query and fragment. */
export type ResourceParts = Pick<Address, 'agent' | 'role' | 'project' | 'task' | 'path'>

/** The one form that is written: query and fragment are no part of it. @see docs/protocols/ucxl.md §2 */
export function formatAddress(address: ResourceParts & { readonly temporal: Temporal }): string {
  const path = address.path === '' ? '' : `/${address.path}`
  return `${formatAuthority(address)}/${formatTemporal(address.temporal)}${path}`
}

/** What versions are counted for, what is announced, and what the DHT key is made of. */
export function formatResource(address: ResourceParts): string {
  return address.path === '' ? formatAuthority(address) : `${formatAuthority(address)}/${address.path}`
}

export function formatTemporal(temporal: Temporal): string {
  switch (temporal.kind) {
    case 'latest':
      return '*^'
    case 'any':
      return '*~'
    case 'specific':
      return `*~${temporal.version}`
    case 'backward':
      return `~~${temporal.steps}`
    case 'forward':
      return `^^${temporal.steps}`
    case 'instant':
      return formatInstant(temporal.at)
  }
}

/** A temporal segment in the words of the test vectors: `latest`, `specific:7`, `instant:2026-01-31T09:30:00.000Z`. */
export function describeTemporal(temporal: Temporal): string {
  switch (temporal.kind) {
    case 'latest':
    case 'any':
      return temporal.kind
    case 'specific':
      return `specific:${temporal.version}`
    case 'backward':
    case 'forward':
      return `${temporal.kind}:${temporal.steps}`
    case 'instant':
      return `instant:${formatInstant(temporal.at)}`
  }
}

function formatAuthority({ agent, role, project, task }: ResourceParts): string {
  return `ucxl://${agent}:${role}@${project}:${task}`
}
