import { formatCanonicalJson } from '../../lib/canonical-json.ts'
import { encodeText } from '../../lib/bytes.ts'
import { readCount, readMap, readPeerId, readText } from '../../identity/fields.ts'
import type { SigningKey } from '../../identity/keys.ts'
import { isSignedBy, keyOfPeerId } from '../../identity/keys.ts'
import { parseCid } from '../../lib/cid.ts'
import { formatCommit, parseCommit } from '../git/commit.ts'
import type { GitObject, ObjectId } from '../git/objects.ts'
import { objectIdOf, parseObjectId } from '../git/objects.ts'
import type { TaskKey } from '../task.ts'
import { parseTaskKey } from '../task.ts'
import type { PeerId } from '../../identity/keys.ts'
import { maxEpoch } from './claim-document.ts'

/** A chain that was collected: where its epochs ended. */
export interface ClosedEntry {
  readonly task: TaskKey
  readonly lastEpoch: number
  readonly head: ObjectId
}

/** What one commit of the closed chain says. */
export interface ClosedLink {
  readonly hive: string
  readonly by: PeerId
  readonly previous: ObjectId | null
  readonly closed: readonly ClosedEntry[]
  /** Wall time in seconds since 1970; for people only. */
  readonly seconds: number
}

const domain = 'althing-closed-v1'
/** Most chains collected in one commit. */
export const maxClosedEntries = 100
/** Last epoch that an entry may say: a member's lie leaves the task a million holdings. A chain that really got there is never collected. */
export const maxClosedEpoch = maxEpoch - 1_000_000

/** The commit that says what was collected. */
export function signClosed(
  { hive, by, previous, closed, seconds }: ClosedLink,
  key: Pick<SigningKey, 'sign'>,
): { readonly id: ObjectId; readonly object: GitObject } {
  const text = formatCanonicalJson({ v: 1, hive, by, previous, closed: closed.map((entry) => ({ ...entry })) })
  const signature = Buffer.from(key.sign(domain, encodeText(text))).toString('base64url')
  const bytes = formatCommit({
    parents: previous === null ? [] : [previous],
    author: { name: 'althing', email: `${by}@althing`, seconds },
    message: `${text}\n\nsignature: ${signature}\n`,
  })
  const object: GitObject = { type: 'commit', bytes }
  return { id: objectIdOf(object), object }
}

/** What a link says, and in which hive. */
export type ClosedWords = Pick<ClosedLink, 'hive' | 'by' | 'closed'>

/** Reads a commit of the closed chain; undefined for one that says nothing, or is not signed by whom it names. */
export function parseClosed(bytes: Uint8Array): ClosedWords | undefined {
  const match = /^([^\n]+)\n\nsignature: ([\w-]{86})\n?$/.exec(parseCommit(bytes)?.message ?? '')
  const [, text = '', signature = ''] = match ?? []
  const link = match === null ? undefined : readLink(text)
  const isSigned = link !== undefined && isSignedBy(keyOfPeerId(link.by), domain, encodeText(text), Buffer.from(signature, 'base64url'))
  return isSigned ? link : undefined
}

function readLink(text: string): ClosedWords | undefined {
  const map = readMap(parseJson(text), ['v', 'hive', 'by', 'previous', 'closed'])
  const by = readPeerId(map?.get('by'))
  const hive = parseCid(readText(map?.get('hive'), 80) ?? '')
  const said = map?.get('closed')
  if (by === undefined || hive === undefined || !Array.isArray(said) || said.length > maxClosedEntries) return undefined
  const closed = (said as readonly unknown[]).map(readEntry).filter((entry) => entry !== undefined)
  return { hive, by, closed }
}

function readEntry(value: unknown): ClosedEntry | undefined {
  const map = readMap(value, ['task', 'lastEpoch', 'head'])
  const task = parseTaskKey(readText(map?.get('task'), 40) ?? '')
  const head = parseObjectId(readText(map?.get('head'), 40) ?? '')
  const lastEpoch = readCount(map?.get('lastEpoch'))
  if (task === undefined || head === undefined || lastEpoch === undefined || lastEpoch > maxClosedEpoch) return undefined
  return { task, head, lastEpoch }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
