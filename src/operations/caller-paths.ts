import { resolve } from 'node:path'
import type { Operation } from './define-operation.ts'

/**
 * An input with every path made absolute in the directory of whoever asks; a default such as `.` means that directory, too.
 *
 * Done on the caller's side: the node that is asked may run in another directory.
 */
export function resolveCallerPaths(
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  directory: string,
): Readonly<Record<string, unknown>> {
  const resolved = new Map<string, unknown>(Object.entries(input))
  for (const [name, field] of Object.entries(operation.input)) {
    if (field.isPath !== true) continue
    const value = resolvePath(resolved.get(name) ?? field.default, directory)
    if (value !== undefined) resolved.set(name, value)
  }
  return Object.fromEntries(resolved)
}

function resolvePath(value: unknown, directory: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => resolvePath(item, directory))
  return typeof value === 'string' ? resolve(directory, value) : value
}
