/** Where an address stopped being one, from left to right. */
export type AddressField = 'address' | 'scheme' | 'authority' | 'agent' | 'role' | 'project' | 'task' | 'temporal' | 'path'

export interface AddressComplaint {
  readonly field: AddressField
  /** Of the first character that could not be read, in UTF-16 units. */
  readonly offset: number
  /** What should have stood there. */
  readonly expected: string
}

/** Longest input that a message repeats, in characters. */
const maxShown = 120

/** The only thing that parsing throws. This folder depends on nothing, so it brings its own. */
export class UcxlError extends Error {
  readonly field: AddressField
  readonly offset: number
  readonly expected: string

  constructor(input: string, { field, offset, expected }: AddressComplaint) {
    super(`${show(input)}: at character ${offset} the ${field} cannot be read: expected ${expected}`)
    this.name = 'UcxlError'
    this.field = field
    this.offset = offset
    this.expected = expected
  }
}

function show(input: string): string {
  return JSON.stringify(input.length > maxShown ? `${input.slice(0, maxShown).toWellFormed()}…` : input.toWellFormed())
}
