import type { Fault } from '../../lib/fault.ts'
import { marketFaults } from '../faults.ts'

/** A manifest's text, and the folder it lies in. */
export interface ManifestSource {
  /** Path relative to the package, as faults name it. */
  readonly file: string
  /** Name of the package's folder: the name of last resort. */
  readonly folder: string
  readonly text: string
  /** Files beside it, relative; only used to tell what kind a package is. */
  readonly hasFile: (path: string) => boolean
}

/** Where in a text something stands; both count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** What is wrong, where, and what to write instead. */
export interface Complaint {
  readonly problem: string
  readonly write: string
  readonly at: Place
}

export function refuseManifest(source: ManifestSource, { problem, write, at }: Complaint, cause?: unknown): Fault {
  return marketFaults.create('MANIFEST_INVALID', {
    message: `${source.file}:${at.line}:${at.column}: ${problem}. Write: ${write}`,
    data: { file: source.file, line: at.line, column: at.column, write },
    cause,
  })
}

/** Line and column of an offset. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, Math.max(0, offset))
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: before.length - lineStart + 1 }
}

/** Where `key` is set at the start of a line after `from`, else where `from` is. Only to point a person at it. */
export function findKey(text: string, key: string, from = 0): Place {
  let offset = from
  for (const line of text.slice(from).split('\n')) {
    const bare = line.trimStart()
    const rest = bare.startsWith(key) ? bare.slice(key.length).trimStart() : ''
    if (rest.startsWith('=') || rest.startsWith(':')) return placeOf(text, offset + line.length - bare.length)
    offset += line.length + 1
  }
  return placeOf(text, from)
}
