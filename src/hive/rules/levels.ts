import type { Level } from '../membership.ts'

/** From most to least trusted. @see docs/protocols/hive.md §7 */
export const levels = ['master', 'decision', 'coordination', 'suggestion', 'read_only'] as const satisfies readonly Level[]

/** Whether a level may do what needs `needed`. */
export function isAtLeast(level: Level, needed: Level): boolean {
  return levels.indexOf(level) <= levels.indexOf(needed)
}

/** Reads a level from outside. */
export function parseLevel(value: unknown): Level | undefined {
  return levels.find((level) => level === value)
}
