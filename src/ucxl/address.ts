/** The components of an address that name who, as what, for which project and task. */
export const componentNames = ['agent', 'role', 'project', 'task'] as const
export type ComponentName = (typeof componentNames)[number]

/** Which version of a resource is meant. @see docs/protocols/ucxl.md §1, §4 */
export type Temporal =
  | { readonly kind: 'latest' }
  | { readonly kind: 'any' }
  /** `*~N`; at least 1. */
  | { readonly kind: 'specific'; readonly version: number }
  /** `~~N` and `^^N`: steps from where one stands. */
  | { readonly kind: 'backward' | 'forward'; readonly steps: number }
  /** Milliseconds since 1970, UTC. */
  | { readonly kind: 'instant'; readonly at: number }

/** A parsed address: components in lower case, the path as written. */
export interface Address {
  readonly agent: string
  readonly role: string
  readonly project: string
  readonly task: string
  readonly temporal: Temporal
  /** Without slashes at its ends; empty when none was written. */
  readonly path: string
  /** As written, no part of the identity. */
  readonly query: string | undefined
  readonly fragment: string | undefined
  /** The untouched input. */
  readonly raw: string
}

/** Longest address, in characters. */
export const maxAddressLength = 2_048
/** Longest component, in characters. */
export const maxComponentLength = 64
/** The component that stands for every one. */
export const wildcard = 'any'

/** No temporal segment means this. */
export const latest: Temporal = Object.freeze({ kind: 'latest' })
/** Every version. */
export const anyVersion: Temporal = Object.freeze({ kind: 'any' })

/** Whether an address has a wildcard component or means every version: it can be searched for, and not written to. */
export function isPattern(address: Address): boolean {
  return address.temporal.kind === 'any' || componentNames.some((name) => address[name] === wildcard)
}

/** Whether something can be stored, deleted or announced under an address: no wildcard, and no temporal segment but `*^`. */
export function isConcrete(address: Address): boolean {
  return address.temporal.kind === 'latest' && !componentNames.some((name) => address[name] === wildcard)
}
