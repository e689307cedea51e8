import type { PackageKind } from '../manifest/manifest.ts'

/** Ways to put a file of the store into a project, as the operator says them. */
export const sharings = ['auto', 'clone', 'link', 'copy'] as const
export type Sharing = (typeof sharings)[number]

/** One way: blocks shared until one of both is written; one file under two names; bytes of its own. */
export type Way = 'clone' | 'link' | 'copy'

export interface SharingQuestion {
  readonly sharing: Sharing
  /** Whether the process may write what is read-only (the superuser), or the system has no such thing. */
  readonly isPrivileged: boolean
  readonly kind: PackageKind
}

/**
 * The ways to try, best first; the last always works.
 *
 * A hard link is one file under two names: it is taken where the kernel holds whoever writes in place to read-only modes. Templates are made to
 * be copied, and a copy of what is read-only is read-only too.
 */
export function waysOf({ sharing, isPrivileged, kind }: SharingQuestion): readonly Way[] {
  switch (sharing) {
    case 'auto':
      return isPrivileged || kind === 'template' ? ['clone', 'copy'] : ['clone', 'link', 'copy']
    case 'clone':
      return ['clone', 'copy']
    case 'link':
      return ['link', 'copy']
    case 'copy':
      return ['copy']
  }
}
