import type { Fault } from '../../lib/fault.ts'
import { marketFaults } from '../faults.ts'

/** A manifest's text, and the folder it lies in. */
export interface ManifestSource {
  /** Path relative to the package, as faults name it. */
  readonly file: string
  /** Name of the package's folder: the name of last resort. */
  readonly folder: string
  readonly text: string
  /** Names in the folder itself, and paths in those folders the format looks into. */
  readonly paths: ReadonlySet<string>
  /** Texts of other files that the format reads, by path. */
  readonly companions: ReadonlyMap<string, string>
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

type SourceText = Pick<ManifestSource, 'file' | 'text'>

export function refuseManifest({ file }: Pick<ManifestSource, 'file'>, { problem, write, at }: Complaint, cause?: unknown): Fault {
  return marketFaults.create('MANIFEST_INVALID', {
    message: `${file}:${at.line}:${at.column}: ${problem}. Write: ${write}`,
    data: { file, line: at.line, column: at.column, write },
    cause,
  })
}

/** The fault for one key, at the place where it is set. */
export function refuseKey(source: SourceText, key: string, { problem, write }: Omit<Complaint, 'at'>): Fault {
  return refuseManifest(source, { problem, write, at: findKey(source.text, key) })
}

/** Line and column of an offset. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, Math.max(0, offset))
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: before.length - lineStart + 1 }
}

/** Where `key` is set at the start of a line after `from`, quoted or not, else where `from` is. Only to point a person at it. */
export function findKey(text: string, key: string, from = 0): Place {
  let offset = from
  for (const line of text.slice(from).split('\n')) {
    const bare = line.trimStart()
    const spelled = [key, `"${key}"`].find((spelling) => bare.startsWith(spelling))
    const rest = spelled === undefined ? '' : bare.slice(spelled.length).trimStart()
    if (rest.startsWith('=') || rest.startsWith(':') || bare.startsWith(`[${key}]`))
      return placeOf(text, offset + line.length - bare.length)
    offset += line.length + 1
  }
  return placeOf(text, from)
}
