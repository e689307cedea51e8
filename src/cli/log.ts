import type { JsonObject } from '../lib/json.ts'
import type { Log } from '../lib/log.ts'
import type { CliDeps } from './deps.ts'
import { printable } from './screen.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

const order: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']

/** A log on stderr: JSON lines, as log collectors read them, or on a terminal a line for a person. */
export function openLog({ stderr, clock }: Pick<CliDeps, 'stderr' | 'clock'>, { level }: { readonly level: LogLevel }): Log {
  const most = order.indexOf(level)
  const at =
    (name: LogLevel) =>
    (message: string, fields: JsonObject = {}): void => {
      if (order.indexOf(name) > most) return
      const time = new Date(clock.now()).toISOString()
      const line = stderr.isTerminal
        ? formatForPerson({ time, name, message, fields })
        : JSON.stringify({ ...fields, time, level: name, message })
      stderr.write(`${line}\n`)
    }
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }
}

interface Line {
  readonly time: string
  readonly name: LogLevel
  readonly message: string
  readonly fields: JsonObject
}

function formatForPerson({ time, name, message, fields }: Line): string {
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return printable(`${time.slice(11, 19)} ${name.padEnd(5)} ${message}${rest.join('')}`)
}
