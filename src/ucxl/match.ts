import type { Address } from './address.ts'
import { componentNames, wildcard } from './address.ts'
import { formatTemporal } from './format.ts'

/**
 * Whether an address is one that a pattern means.
 *
 * Components are equal, or the pattern's is `any`; a path is equal or lies below the pattern's; `*~` means every version, another
 * temporal segment only itself. Who knows the versions resolves both first (`navigate`) and gives `*~N` to each.
 *
 * @see docs/protocols/ucxl.md §5
 */
export function matchAddress(pattern: Address, address: Address): boolean {
  return matchResource(pattern, address) && matchTemporal(pattern, address)
}

/** The same without a look at versions. */
export function matchResource(pattern: Pick<Address, 'agent' | 'role' | 'project' | 'task' | 'path'>, address: typeof pattern): boolean {
  for (const name of componentNames) if (pattern[name] !== wildcard && pattern[name] !== address[name]) return false
  return isAtOrBelow(pattern.path, address.path)
}

function matchTemporal(pattern: Address, address: Address): boolean {
  return pattern.temporal.kind === 'any' || formatTemporal(pattern.temporal) === formatTemporal(address.temporal)
}

function isAtOrBelow(root: string, path: string): boolean {
  if (root === '' || root === path) return true
  return path.length > root.length && path.charCodeAt(root.length) === 0x2f && path.startsWith(root)
}
