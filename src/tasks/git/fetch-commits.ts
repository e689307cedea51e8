import { concatBytes } from '../../lib/bytes.ts'
import { tasksFaults } from '../faults.ts'
import { ByteReader } from './byte-reader.ts'
import { maxCommitBytes, parseParents } from './commit.ts'
import type { Greeting } from './greeting.ts'
import type { ObjectId } from './objects.ts'
import type { PackLimits } from './pack-reader.ts'
import { parsePack } from './pack-reader.ts'
import { delimiterPacket, flushPacket, formatPacket, lineText, readPacket } from './pkt-line.ts'
import type { FetchedCommits, RemoteOptions } from './remote.ts'
import { readSideBand } from './side-band.ts'
import type { Conversation } from './transport.ts'

export interface CommitRange {
  readonly want: readonly ObjectId[]
  readonly have: readonly ObjectId[]
}

/** Commits from `want` back to `have`. Trees are left where they are, by servers that can. */
export async function fetchCommits(conversation: Conversation, range: CommitRange, options: RemoteOptions): Promise<FetchedCommits> {
  const greeting = await conversation.greeting()
  const reader = await conversation.ask(greeting.version === 2 ? formatSecond(range, greeting) : formatZeroth(range, greeting))
  const first = await skipToPack(reader)
  const packed = new ByteReader(readSideBand(reader, first), { maxBytes: options.maxAnswerBytes })
  const commits = new Map<ObjectId, Uint8Array>()
  const others = new Map<ObjectId, readonly ObjectId[] | 'no commit'>()
  for (const [id, { type, bytes }] of parsePack(await packed.readRest(), packLimits)) {
    if (type === 'commit' && bytes.byteLength <= maxCommitBytes) commits.set(id, bytes)
    else others.set(id, type === 'commit' ? parseParents(bytes) : 'no commit')
  }
  return { commits, others }
}

/**
 * A chain has a link each few minutes and two objects for each; its commits have a few hundred bytes. All of them together: a month of a renewal each minute.
 */
const packLimits: PackLimits = { maxObjects: 200_000, maxObjectBytes: 1_048_576, maxInflatedBytes: 67_108_864 }

/** @see https://git-scm.com/docs/gitprotocol-v2#_fetch */
function formatSecond({ want, have }: CommitRange, { capabilities }: Greeting): Uint8Array {
  const canFilter = (capabilities.get('fetch') ?? '').split(' ').includes('filter')
  return concatBytes([
    formatPacket('command=fetch\n'),
    formatPacket('agent=althing/1\n'),
    formatPacket('object-format=sha1\n'),
    delimiterPacket,
    formatPacket('no-progress\n'),
    ...(canFilter ? [formatPacket('filter tree:0\n')] : []),
    ...want.map((id) => formatPacket(`want ${id}\n`)),
    ...have.map((id) => formatPacket(`have ${id}\n`)),
    formatPacket('done\n'),
    flushPacket,
  ])
}

/** @see https://git-scm.com/docs/gitprotocol-pack#_packfile_negotiation */
function formatZeroth({ want, have }: CommitRange, { capabilities }: Greeting): Uint8Array {
  const canFilter = capabilities.has('filter')
  const words = ['side-band-64k', 'no-progress', ...(canFilter ? ['filter'] : []), 'agent=althing/1']
  return concatBytes([
    ...want.map((id, index) => formatPacket(`want ${id}${index === 0 ? ` ${words.join(' ')}` : ''}\n`)),
    ...(canFilter ? [formatPacket('filter tree:0\n')] : []),
    flushPacket,
    ...have.map((id) => formatPacket(`have ${id}\n`)),
    formatPacket('done\n'),
  ])
}

/** Passes what comes before the pack, and gives its first packet where that was read already. */
async function skipToPack(reader: ByteReader): Promise<Uint8Array | undefined> {
  for (;;) {
    const packet = await readPacket(reader)
    if (packet === undefined) throw tasksFaults.create('REMOTE_UNREACHABLE', { message: 'the git server sent no commits' })
    if (packet.type !== 'line') continue
    const line = lineText(packet.bytes)
    if (line === 'packfile') return undefined
    if (line.startsWith('ERR '))
      throw tasksFaults.create('REMOTE_MISSING', { message: `the git server does not give the commits: ${line.slice(4, 300)}` })
    if (packet.bytes[0] === 1) return packet.bytes
  }
}
