import type { Permissions } from '../manifest/manifest.ts'
import { permissionKinds } from '../manifest/manifest.ts'

/** What was added, by kind of permission. */
export type Growth = Readonly<Record<(typeof permissionKinds)[number], readonly string[]>>

/** What `next` asks for that `before` did not cover. Undefined before: all of it is new. */
export function findGrowth(before: Permissions | undefined, next: Permissions): Growth {
  const added = (kind: (typeof permissionKinds)[number]): readonly string[] =>
    next[kind].filter((wanted) => !(before?.[kind] ?? []).some((held) => covers(held, wanted)))
  return { tools: added('tools'), commands: added('commands'), hosts: added('hosts'), paths: added('paths') }
}

/** One text for each kind that grew. */
export function describeGrowth(growth: Growth): readonly string[] {
  return permissionKinds.flatMap((kind) => (growth[kind].length === 0 ? [] : [`${kind}: ${growth[kind].join(', ')}`]))
}

/**
 * Whether who holds one permission holds the other.
 *
 * Only what is plain: the same text, `*` or `**` for all, `*.x` for hosts under x, `x*` for what begins with x. Where it is not plain it
 * is not covered, so that a person is asked once too often and not once too little.
 */
function covers(held: string, wanted: string): boolean {
  if (held === wanted || held === '*' || held === '**') return true
  // who asks to leave a folder asks for more than what its first letters say
  if (wanted.split('/').includes('..')) return false
  const end = held.replace(/\*{1,2}$/, '')
  if (end !== held && end !== '' && !end.includes('*')) return wanted.startsWith(end) && (held.endsWith('**') || isOneStep(wanted, end))
  const tail = held.startsWith('*.') ? held.slice(1) : ''
  return tail !== '' && !tail.includes('*') && wanted.endsWith(tail) && !wanted.includes('*')
}

/** `docs/*` is not what lies deeper in docs. */
function isOneStep(wanted: string, start: string): boolean {
  return !wanted.slice(start.length).includes('/') && !wanted.slice(start.length).includes('**')
}
