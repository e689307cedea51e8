import { concatBytes } from '../../lib/bytes.ts'
import { Fault } from '../../lib/fault.ts'
import { tasksFaults } from '../faults.ts'
import { ByteReader } from './byte-reader.ts'
import { zeroId } from './objects.ts'
import { appendToPack, formatPack } from './pack-writer.ts'
import { flushPacket, formatPacket, lineText, readLines, readPacket } from './pkt-line.ts'
import type { PushRequest, PushResult, RefResult, RefUpdate, RemoteCapabilities } from './remote.ts'
import { readSideBand } from './side-band.ts'
import type { GitBody } from './transport.ts'

/** What a server must know for us to push, and what we then use. */
export interface PushAbilities extends RemoteCapabilities {
  readonly hasSideBand: boolean
  readonly deletesRefs: boolean
}

/** What a greeting of receive-pack says. @see https://git-scm.com/docs/gitprotocol-capabilities */
export function readAbilities(words: ReadonlyMap<string, string>): PushAbilities {
  return {
    isAtomic: words.has('atomic'),
    hasReportStatus: words.has('report-status'),
    agent: words.get('agent')?.slice(0, 80),
    hasSideBand: words.has('side-band-64k'),
    deletesRefs: words.has('delete-refs'),
  }
}

/** Whether a server can do what a push needs. @throws Fault REMOTE_UNSUPPORTED */
export function assertAble(abilities: PushAbilities, request: PushRequest): void {
  const lacks = [
    abilities.hasReportStatus ? [] : ['report-status'],
    abilities.isAtomic || !request.isAtomic ? [] : ['atomic'],
    abilities.deletesRefs || !request.updates.some((update) => update.new === undefined) ? [] : ['delete-refs'],
  ].flat()
  if (lacks.length === 0) return
  throw tasksFaults.create('REMOTE_UNSUPPORTED', {
    message: `the git server does not offer ${lacks.join(', ')}, which this push needs; nothing was sent. \`althing doctor\` says what it can`,
    data: { lacks },
  })
}

/** A push as receive-pack reads it: commands, then a pack unless all of them delete. */
export function formatPush(request: PushRequest, abilities: PushAbilities, signal: AbortSignal): GitBody {
  const words = [
    'report-status',
    ...(abilities.hasSideBand ? ['side-band-64k'] : []),
    ...(request.isAtomic ? ['atomic'] : []),
    'object-format=sha1',
    'agent=althing/1',
  ]
  const commands = request.updates.map((update, index) =>
    formatPacket(`${formatUpdate(update)}${index === 0 ? `\0${words.join(' ')}` : ''}\n`),
  )
  const head = concatBytes([...commands, flushPacket])
  if (request.updates.every((update) => update.new === undefined)) return head
  if (request.openPack === undefined) return concatBytes([head, formatPack(request.objects)])
  return joinBodies(head, appendToPack(request.openPack({ signal }), request.objects))
}

/** Reads the report of a push. Whatever is wrong with it leaves the outcome unknown. @throws Fault REMOTE_UNREACHABLE */
export async function readReport(reader: ByteReader, request: PushRequest, abilities: PushAbilities): Promise<PushResult> {
  try {
    const report = abilities.hasSideBand ? new ByteReader(readSideBand(reader), { maxBytes: maxReportBytes }) : reader
    return await parseReport(report, request)
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === 'unavailable') throw error
    throw unreadable(error.message, error)
  }
}

/** Longest report: a line for each of some thousand refs. */
const maxReportBytes = 1_048_576

async function parseReport(reader: ByteReader, { updates }: PushRequest): Promise<PushResult> {
  const first = await readPacket(reader)
  const unpack = first?.type === 'line' ? lineText(first.bytes) : ''
  if (!unpack.startsWith('unpack ')) throw unreadable(`it began with ${JSON.stringify(unpack.slice(0, 80))}`)
  const { lines } = await readLines(reader)
  const results = new Map(lines.flatMap(readResult).map((result) => [result.ref, result]))
  const unpackError = unpack === 'unpack ok' ? undefined : unpack.slice('unpack '.length, 300)
  const refs = updates.map(({ ref }): RefResult => {
    const result = results.get(ref)
    if (result !== undefined) return result
    if (unpackError !== undefined) return { result: 'refused', ref, reason: unpackError }
    throw unreadable(`it says nothing of ${ref}`)
  })
  return { unpackError, refs }
}

function readResult(line: string): readonly RefResult[] {
  const [word, ref = '', ...reason] = line.split(' ')
  if (word === 'ok') return [{ result: 'accepted', ref }]
  return word === 'ng' ? [{ result: 'refused', ref, reason: reason.join(' ').slice(0, 300) }] : []
}

function formatUpdate({ ref, old, new: next }: RefUpdate): string {
  return `${old ?? zeroId} ${next ?? zeroId} ${ref}`
}

async function* joinBodies(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head
  yield* rest
}

function unreadable(why: string, cause?: unknown): Error {
  return tasksFaults.create('REMOTE_UNREACHABLE', {
    message: `the git server's report of a push cannot be read: ${why}. Whether it took effect is unknown`,
    cause,
  })
}
