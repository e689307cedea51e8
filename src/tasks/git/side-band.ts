import { tasksFaults } from '../faults.ts'
import type { ByteReader } from './byte-reader.ts'
import { lineText, readPacket } from './pkt-line.ts'

/**
 * What comes on the first of the bands that a server's answer is cut into, until its end. Words for people, on the second band, are dropped.
 *
 * @throws Fault REMOTE_UNREACHABLE when the server says on the third band that it failed, or breaks off
 * @see https://git-scm.com/docs/gitprotocol-pack
 */
export async function* readSideBand(reader: ByteReader, first?: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let bytes = first; ; bytes = undefined) {
    const packet = bytes === undefined ? await readPacket(reader) : ({ type: 'line', bytes } as const)
    if (packet === undefined) throw brokenOff('it broke off')
    if (packet.type !== 'line') return
    const band = packet.bytes[0]
    if (band === 1) yield packet.bytes.subarray(1)
    else if (band === 3) throw brokenOff(lineText(packet.bytes.subarray(1)).slice(0, 300))
    else if (band !== 2) throw brokenOff(`it sent band ${band ?? 'none'}`)
  }
}

function brokenOff(why: string): Error {
  return tasksFaults.create('REMOTE_UNREACHABLE', { message: `the git server did not finish its answer: ${why}` })
}
