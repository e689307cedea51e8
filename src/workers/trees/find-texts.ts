import type { GitRunner } from './git.ts'
import type { ObjectRange } from './object-range.ts'
import { formatRange, once } from './object-range.ts'

/** Where the objects are, and with what they are read. */
export interface ObjectPlace {
  readonly git: GitRunner
  /** A bare repository. */
  readonly path: string
}

/** Most places that are told: one is enough to refuse. */
const maxPlaces = 20

/**
 * Where one of some texts stands in what is new, byte for byte: paths, or `the message of a commit`. Also in what a later commit took away again: it
 * is pushed all the same.
 *
 * @throws Fault GIT_FAILED; the signal's reason
 */
export async function findTexts(
  { git, path }: ObjectPlace,
  range: ObjectRange,
  { texts, signal }: { readonly texts: readonly string[]; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  if (texts.length === 0) return []
  const at = `--git-dir=${path}`
  const stdin = once(formatRange(range))
  const listed = await git.text('list what is new', [at, 'rev-list', '--objects', '--stdin'], { signal, stdin })
  if (listed === '') return []
  const places = new Map(
    listed.split('\n').map((line) => {
      const [id = '', ...name] = line.split(' ')
      return [id, name.length === 0 ? 'the message of a commit' : name.join(' ') || 'the names of files'] as const
    }),
  )
  const contents = git.stream('look through what is new', [at, 'cat-file', '--batch', '--buffer'], {
    signal,
    stdin: once([...places.keys(), ''].join('\n')),
  })
  const found = new Set<string>()
  const scan = new Scan(texts)
  for await (const id of scan.read(contents)) {
    found.add(places.get(id) ?? id)
    if (found.size >= maxPlaces) break
  }
  return [...found]
}

/** Reads `<id> <type> <size>\n<content>\n`, again and again, in whatever pieces it comes. @see git-cat-file(1), BATCH OUTPUT */
class Scan {
  readonly #needles: readonly Buffer[]
  /** What of a content is kept for the next piece: a text may begin in one and end in another. */
  readonly #overlap: number

  constructor(texts: readonly string[]) {
    this.#needles = texts.map((text) => Buffer.from(text))
    this.#overlap = Math.max(...this.#needles.map(({ length }) => length)) - 1
  }

  /** Ids of objects in which one of the texts stands; each as often as pieces of it have one. */
  async *read(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    let rest: Buffer = Buffer.alloc(0)
    let [id, left] = ['', 0]
    for await (const chunk of chunks) {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        if (left === 0) {
          const end = rest.indexOf('\n')
          if (end === -1) break
          const [name = '', , size] = rest.toString('latin1', 0, end).split(' ')
          // what follows its content is the end of a line
          ;[id, left, rest] = [name, Number(size) + 1, rest.subarray(end + 1)]
        }
        const piece = rest.subarray(0, left)
        if (this.#needles.some((needle) => piece.includes(needle))) yield id
        if (rest.length < left) {
          const kept = Math.min(piece.length, this.#overlap)
          ;[left, rest] = [left - piece.length + kept, rest.subarray(piece.length - kept)]
          break
        }
        ;[left, rest] = [0, rest.subarray(left)]
      }
    }
  }
}
