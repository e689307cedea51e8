import { isAbsolute, relative, sep } from 'node:path'
import { styleText } from 'node:util'
import type { Sink } from './deps.ts'

/** Words of emphasis, which are nothing where colour is off. */
export interface Style {
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly name: (text: string) => string
  /** Whether everything is wanted, also what seldom matters. */
  readonly isVerbose?: boolean
  /** How an absolute path is written: from the working folder, where it leads no higher. */
  readonly path?: (absolute: string) => string
}

/** Writes paths as they are seen from a folder; those outside of it stay as they are. */
export function pathsFrom(folder: string): (absolute: string) => string {
  return (absolute) => {
    const way = relative(folder, absolute)
    return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? absolute : `.${sep}${way}`.replace(/[/\\]$/, '')
  }
}

/** Colour on a terminal, unless `NO_COLOR` says no. */
export function createStyle(sink: Sink, { isColorOff }: { readonly isColorOff: boolean }): Style {
  const isColored = sink.isTerminal && !isColorOff
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    isColored ? styleText(format, text, { validateStream: false }) : text
  return { strong: paint('bold'), faint: paint('dim'), good: paint('green'), bad: paint('red'), name: paint('cyan') }
}

/** Text from a peer, made harmless for a terminal: no control characters, so no escape sequences. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD')
}

/** A text of at most so many characters; one that was cut ends in an ellipsis, and never within a character. */
export function clip(text: string, maxLength: number): string {
  return text.length <= maxLength
    ? text
    : `${text
        .slice(0, maxLength - 1)
        .replace(/[\uD800-\uDBFF]$/, '')
        .trimEnd()}…`
}
