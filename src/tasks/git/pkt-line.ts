import { concatBytes, encodeText } from '../../lib/bytes.ts'
import { tasksFaults } from '../faults.ts'
import type { ByteReader } from './byte-reader.ts'

/** One packet of git's protocol. @see https://git-scm.com/docs/gitprotocol-common */
export type Packet = { readonly type: 'line'; readonly bytes: Uint8Array } | { readonly type: 'flush' | 'delimiter' | 'end' }

/** Ends a list of packets. */
export const flushPacket = encodeText('0000')
/** Parts a command's arguments from its capabilities, in protocol 2. */
export const delimiterPacket = encodeText('0001')
/** Longest packet with its length. @see https://git-scm.com/docs/gitprotocol-common */
const maxPacketBytes = 65_520

/** A packet that holds a text. */
export function formatPacket(text: string): Uint8Array {
  const bytes = encodeText(text)
  if (bytes.byteLength + 4 > maxPacketBytes) throw new RangeError(`a packet of ${bytes.byteLength} bytes is too long`)
  return concatBytes([encodeText((bytes.byteLength + 4).toString(16).padStart(4, '0')), bytes])
}

/** The next packet; undefined at the end of the stream. @throws Fault REMOTE_PROTOCOL */
export async function readPacket(reader: ByteReader): Promise<Packet | undefined> {
  const head = await reader.read(4)
  if (head === undefined) return undefined
  const text = Buffer.from(head).toString('latin1')
  const length = /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : -1
  if (length === 0) return { type: 'flush' }
  if (length === 1) return { type: 'delimiter' }
  if (length === 2) return { type: 'end' }
  if (length < 4 || length > maxPacketBytes) throw malformedPacket(text)
  const bytes = length === 4 ? new Uint8Array(0) : await reader.read(length - 4)
  if (bytes === undefined) throw malformedPacket(text)
  return { type: 'line', bytes }
}

/** Lines up to the next packet that is none, as texts without their line feed. Undefined where the stream ends before such a packet. */
export async function readLines(reader: ByteReader): Promise<{ readonly lines: readonly string[]; readonly isWhole: boolean }> {
  const lines: string[] = []
  for (;;) {
    const packet = await readPacket(reader)
    if (packet === undefined) return { lines, isWhole: false }
    if (packet.type !== 'line') return { lines, isWhole: true }
    lines.push(lineText(packet.bytes))
  }
}

/** A line without its line feed. Bytes that are no UTF-8 become U+FFFD: refs with them are none of ours. */
export function lineText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/\n$/, '')
}

function malformedPacket(head: string): Error {
  return tasksFaults.create('REMOTE_PROTOCOL', {
    message: `the git server sent ${JSON.stringify(head)} where the length of a packet belongs; is this the address of a repository?`,
  })
}
