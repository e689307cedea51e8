import { tasksFaults } from '../faults.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ObjectId } from './objects.ts'
import { parseObjectId, zeroId } from './objects.ts'
import { readLines } from './pkt-line.ts'
import { isRefName } from './ref-names.ts'

/** What a git server says first. */
export interface Greeting {
  readonly version: 0 | 2
  /** Words the server knows: in version 0 as they stand (`atomic`), in version 2 by name (`fetch`, with what it takes). */
  readonly capabilities: ReadonlyMap<string, string>
  /** Every ref, in version 0; nothing in version 2, where they are asked for. */
  readonly refs: ReadonlyMap<string, ObjectId>
}

/**
 * Reads what a server says first, whichever version it speaks.
 *
 * @throws Fault REMOTE_PROTOCOL, REMOTE_UNSUPPORTED for a repository whose objects are named by sha256
 * @see https://git-scm.com/docs/gitprotocol-pack, https://git-scm.com/docs/gitprotocol-v2
 */
export async function readGreeting(reader: ByteReader): Promise<Greeting> {
  const first = await readLines(reader)
  // over http a line that names the service comes before, with a flush of its own
  const { lines, isWhole } = first.lines[0]?.startsWith('# service=') === true ? await readLines(reader) : first
  if (!isWhole) throw brokenGreeting(lines[0])
  const greeting = lines[0] === 'version 2' ? readSecond(lines.slice(1)) : readZeroth(lines.filter((line) => line !== 'version 1'))
  const format = greeting.capabilities.get('object-format')
  if (format !== undefined && format !== 'sha1')
    throw tasksFaults.create('REMOTE_UNSUPPORTED', {
      message: `the repository names its objects by ${format}; claims need one made with --object-format=sha1`,
      data: { objectFormat: format },
    })
  return greeting
}

function readSecond(lines: readonly string[]): Greeting {
  return { version: 2, capabilities: readWords(lines), refs: new Map() }
}

function readZeroth(lines: readonly string[]): Greeting {
  const [head = '', words = ''] = (lines[0] ?? '').split('\0')
  const refs = new Map<string, ObjectId>()
  for (const line of [head, ...lines.slice(1)]) {
    const ref = readRefLine(line)
    if (ref !== undefined) refs.set(ref.name, ref.id)
    else if (!/^(?:[0-9a-f]{40,64} |shallow )/.test(line) && line !== '') throw brokenGreeting(line)
  }
  return { version: 0, capabilities: readWords(words.split(' ')), refs }
}

/** Reads `<id> <name>`; undefined for what is no ref of ours to look at: peeled tags, HEAD, the stand-in of an empty repository. */
export function readRefLine(line: string): { readonly name: string; readonly id: ObjectId } | undefined {
  const id = parseObjectId(line.slice(0, 40))
  const name = line.slice(41).split(' ')[0] ?? ''
  return id === undefined || id === zeroId || line[40] !== ' ' || !isRefName(name) ? undefined : { name, id }
}

function readWords(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    words
      .filter((word) => word !== '')
      .map((word) => {
        const at = word.indexOf('=')
        return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)]
      }),
  )
}

function brokenGreeting(line: string | undefined): Error {
  const said = line === undefined ? 'nothing' : JSON.stringify(line.slice(0, 120))
  return tasksFaults.create('REMOTE_PROTOCOL', {
    message: `the git server began with ${said}, which is no list of refs; is this the address of a repository?`,
  })
}
