/** A JSON object from another process, whose members are checked when they are read. */
export class Document {
  readonly #members: ReadonlyMap<string, unknown>
  readonly #source: string

  constructor(members: ReadonlyMap<string, unknown>, source: string) {
    this.#members = members
    this.#source = source
  }

  /** @throws Error for anything but an object; `source` names who said it */
  static parse(value: unknown, source: string): Document {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error(`${source} said ${JSON.stringify(value)} instead of an object`)
    return new Document(new Map(Object.entries(value)), source)
  }

  has(name: string): boolean {
    return this.#members.has(name)
  }

  /** @throws Error when it is no number */
  number(name: string): number {
    const value = this.#members.get(name)
    if (typeof value !== 'number') throw this.#unexpected(name, 'a number')
    return value
  }

  /** @throws Error when it is no text */
  text(name: string): string {
    const value = this.#members.get(name)
    if (typeof value !== 'string') throw this.#unexpected(name, 'a text')
    return value
  }

  /** @throws Error when it is not a list of texts */
  texts(name: string): readonly string[] {
    const value = this.#members.get(name)
    if (!Array.isArray(value)) throw this.#unexpected(name, 'a list of texts')
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw this.#unexpected(name, 'a list of texts')
      return item
    })
  }

  /** @throws Error when it is no object */
  document(name: string): Document {
    return Document.parse(this.#members.get(name), `${this.#source}.${name}`)
  }

  /** @throws Error when it is not a list of objects */
  documents(name: string): readonly Document[] {
    const value = this.#members.get(name)
    if (!Array.isArray(value)) throw this.#unexpected(name, 'a list of objects')
    return value.map((item: unknown, index) => Document.parse(item, `${this.#source}.${name}[${index}]`))
  }

  #unexpected(name: string, expected: string): Error {
    return new Error(`${this.#source} has ${JSON.stringify(this.#members.get(name))} as "${name}", which is not ${expected}`)
  }
}
