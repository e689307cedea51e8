import { tasksFaults } from '../faults.ts'

/** Longest text that is taken of an issue, a comment or a name, in characters; what follows is cut. */
const maxTextLength = 65_536
/** Most items that are taken of a list within an object; what follows is cut. */
const maxItems = 1_000
/** Most objects of a list that is an answer. Gitea gives all comments of an issue in one. */
const maxObjects = 5_000

/** An object of a forge's answer. What is missing or of another type is no answer of this forge. */
export interface AnswerFields {
  /** @throws Fault FORGE_INVALID */
  readonly text: (name: string) => string
  /** Empty where the forge says null or nothing. */
  readonly textOrEmpty: (name: string) => string
  /** @throws Fault FORGE_INVALID */
  readonly count: (name: string) => number
  readonly isTrue: (name: string) => boolean
  /** Milliseconds since 1970. @throws Fault FORGE_INVALID */
  readonly time: (name: string) => number
  readonly has: (name: string) => boolean
  /** @throws Fault FORGE_INVALID */
  readonly object: (name: string) => AnswerFields
  /** None where the forge says null or nothing. @throws Fault FORGE_INVALID */
  readonly objects: (name: string) => readonly AnswerFields[]
  readonly texts: (name: string) => readonly string[]
}

/** Reads an object that a forge sent. @throws Fault FORGE_INVALID */
export function readFields(value: unknown, what: string): AnswerFields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(what)
  const get = (name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined)
  const text = (name: string): string => {
    const found = get(name)
    if (typeof found !== 'string') throw invalid(`${what}.${name}`)
    return found.slice(0, maxTextLength).toWellFormed()
  }
  const list = (name: string): readonly unknown[] => {
    const found = get(name) ?? []
    if (!Array.isArray(found)) throw invalid(`${what}.${name}`)
    return found.slice(0, maxItems)
  }
  return {
    text,
    textOrEmpty: (name) => (get(name) == null ? '' : text(name)),
    count: (name) => {
      const found = get(name)
      if (typeof found !== 'number' || !Number.isSafeInteger(found) || found < 0) throw invalid(`${what}.${name}`)
      return found
    },
    isTrue: (name) => get(name) === true,
    time: (name) => {
      const at = Date.parse(text(name))
      if (Number.isNaN(at)) throw invalid(`${what}.${name}`)
      return at
    },
    has: (name) => get(name) != null,
    object: (name) => readFields(get(name), `${what}.${name}`),
    objects: (name) => list(name).map((item) => readFields(item, `${what}.${name}`)),
    texts: (name) =>
      list(name)
        .filter((item) => typeof item === 'string')
        .map((item) => item.slice(0, maxTextLength).toWellFormed()),
  }
}

/** Reads a list of objects that a forge sent. @throws Fault FORGE_INVALID, FORGE_TOO_LONG */
export function readObjects(value: unknown, what: string): readonly AnswerFields[] {
  if (!Array.isArray(value)) throw invalid(what)
  if (value.length > maxObjects) throw tooLong(what, maxObjects)
  return value.map((item) => readFields(item, what))
}

/** A list of which the forge has more than is read. */
export function tooLong(what: string, count: number): Error {
  return tasksFaults.create('FORGE_TOO_LONG', {
    message: `the forge has more than ${count} ${what} in one list: they are not read, and what is said in a part of them counts for nothing`,
    data: { field: what },
  })
}

function invalid(what: string): Error {
  return tasksFaults.create('FORGE_INVALID', {
    message: `the forge's answer has no ${what} of the form its documentation says; is it the kind of forge the project was added as?`,
    data: { field: what },
  })
}
