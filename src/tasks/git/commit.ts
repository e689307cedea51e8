import { decodeText, encodeText } from '../../lib/bytes.ts'
import type { ObjectId } from './objects.ts'
import { emptyTreeId, parseObjectId } from './objects.ts'

/** A commit with the empty tree. */
export interface EmptyCommit {
  readonly parents: readonly ObjectId[]
  readonly author: { readonly name: string; readonly email: string; readonly seconds: number }
  readonly message: string
}

/** What we look at in a commit. */
export interface ReadCommit {
  readonly hasEmptyTree: boolean
  readonly parents: readonly ObjectId[]
  readonly message: string
}

/** Bytes of a commit with the empty tree. Author and committer are one, in UTC. */
export function formatCommit({ parents, author, message }: EmptyCommit): Uint8Array {
  const person = `${author.name} <${author.email}> ${author.seconds} +0000`
  const head = [`tree ${emptyTreeId}`, ...parents.map((parent) => `parent ${parent}`), `author ${person}`, `committer ${person}`]
  return encodeText(`${head.join('\n')}\n\n${message}`)
}

/** Longest commit whose bytes are kept of what a server sends: none of ours is longer. */
export const maxCommitBytes = 16_384

/** Reads the bytes of a commit; undefined when they are none, or no UTF-8. */
export function parseCommit(bytes: Uint8Array): ReadCommit | undefined {
  const text = decodeOrNothing(bytes)
  const end = text?.indexOf('\n\n') ?? -1
  const head = text === undefined || end < 0 ? undefined : readHead(text.slice(0, end))
  return text === undefined || head === undefined ? undefined : { ...head, message: text.slice(end + 2) }
}

/** The parents that a commit names, in whatever its message is written; none for what is no commit. */
export function parseParents(bytes: Uint8Array): readonly ObjectId[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, maxCommitBytes)).toString('latin1')
  return readHead(text.split('\n\n', 1)[0] ?? '')?.parents ?? []
}

function readHead(head: string): Pick<ReadCommit, 'hasEmptyTree' | 'parents'> | undefined {
  const [first = '', ...lines] = head.split('\n')
  const tree = parseObjectId(first.replace(/^tree /, ''))
  if (!first.startsWith('tree ') || tree === undefined) return undefined
  const parents: ObjectId[] = []
  for (const line of lines) {
    if (!line.startsWith('parent ')) break
    const parent = parseObjectId(line.slice('parent '.length))
    if (parent === undefined) return undefined
    parents.push(parent)
  }
  return { hasEmptyTree: tree === emptyTreeId, parents }
}

function decodeOrNothing(bytes: Uint8Array): string | undefined {
  try {
    return decodeText(bytes)
  } catch {
    return undefined
  }
}
