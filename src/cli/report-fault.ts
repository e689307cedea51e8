import { Fault } from '../lib/fault.ts'
import type { Sink } from './deps.ts'
import { cliFaults } from './faults.ts'
import type { Style } from './screen.ts'
import { printable } from './screen.ts'

/** Exit codes: done, a fault, wrong usage, interrupted. */
export const exitCodes = { done: 0, fault: 1, usage: 2, interrupted: 130 } as const

export interface ReportOptions {
  readonly json: boolean
  readonly isVerbose: boolean
  readonly style: Style
}

/** Says on stderr what stopped a command, for a person or as `{"error": {code, message, data}}`. Returns the exit code. */
export function reportFault(stderr: Sink, thrown: unknown, { json, isVerbose, style }: ReportOptions): number {
  const fault = thrown instanceof Fault ? thrown : bugOf(thrown)
  if (json) {
    stderr.write(`${JSON.stringify({ error: { code: fault.code, message: fault.message, data: fault.data } })}\n`)
  } else if (fault.code !== 'INTERRUPTED') {
    stderr.write(`${style.bad('error')} ${printable(fault.message)} ${style.faint(`(${fault.code})`)}\n`)
  }
  if (isVerbose && !json) stderr.write(`${printable(stackOf(fault))}\n`)
  if (fault.code === 'INTERRUPTED') return exitCodes.interrupted
  return fault.kind === 'usage' ? exitCodes.usage : exitCodes.fault
}

function bugOf(thrown: unknown): Fault {
  const words = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  return cliFaults.create('INTERNAL', { message: `this is a bug: ${words}. Run again with -v to see where`, cause: thrown })
}

function stackOf(fault: Fault): string {
  const causes: string[] = []
  let current: unknown = fault
  while (current instanceof Error && causes.length < maxCauses) {
    causes.push(current.stack ?? current.message)
    current = current.cause
  }
  return causes.join('\ncaused by ')
}

const maxCauses = 8
