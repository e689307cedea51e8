import { printable } from '../screen.ts'

/** A record of an answer, read without trusting its shape or its characters: peers wrote what it says, a node of another version may have sent it. */
export interface Fields {
  readonly text: (name: string) => string
  readonly count: (name: string) => number
  readonly isTrue: (name: string) => boolean
  readonly has: (name: string) => boolean
  readonly texts: (name: string) => readonly string[]
  readonly record: (name: string) => Fields
  readonly records: (name: string) => readonly Fields[]
}

/** The fields of a value; of anything but a record, a record without fields. Missing text is empty, a missing number 0. */
export function readFields(value: unknown): Fields {
  const entries = new Map<string, unknown>(
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [],
  )
  const list = (name: string): readonly unknown[] => {
    const found = entries.get(name)
    return Array.isArray(found) ? found : []
  }
  return {
    text: (name) => {
      const found = entries.get(name)
      return typeof found === 'string' ? printable(found) : typeof found === 'number' ? String(found) : ''
    },
    count: (name) => {
      const found = entries.get(name)
      return typeof found === 'number' ? found : 0
    },
    isTrue: (name) => entries.get(name) === true,
    has: (name) => (entries.get(name) ?? undefined) !== undefined,
    texts: (name) =>
      list(name)
        .filter((item) => typeof item === 'string')
        .map(printable),
    record: (name) => readFields(entries.get(name)),
    records: (name) => list(name).map(readFields),
  }
}
