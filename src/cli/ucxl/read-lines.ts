/** One line; `isCut` when it was longer than is taken, and only its beginning is here. */
export interface InputLine {
  readonly text: string
  readonly isCut: boolean
}

/** Lines of a stream as they come, without their ends; none is held longer than `maxLength` characters. Empty lines are no input. */
export async function* readLines(source: AsyncIterable<Uint8Array>, maxLength: number): AsyncGenerator<InputLine> {
  const decoder = new TextDecoder()
  let rest = ''
  let isCut = false
  for await (const chunk of source) {
    rest += decoder.decode(chunk, { stream: true })
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = toLine(rest.slice(0, end), { isCut, maxLength })
      if (line !== undefined) yield line
      rest = rest.slice(end + 1)
      isCut = false
    }
    if (rest.length > maxLength) {
      rest = rest.slice(0, maxLength)
      isCut = true
    }
  }
  const line = toLine(rest + decoder.decode(), { isCut, maxLength })
  if (line !== undefined) yield line
}

function toLine(text: string, { isCut, maxLength }: { readonly isCut: boolean; readonly maxLength: number }): InputLine | undefined {
  const line = text.endsWith('\r') ? text.slice(0, -1) : text
  if (line === '') return undefined
  return { text: line.slice(0, maxLength), isCut: isCut || line.length > maxLength }
}
