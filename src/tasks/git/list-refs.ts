import { concatBytes } from '../../lib/bytes.ts'
import { tasksFaults } from '../faults.ts'
import { readRefLine } from './greeting.ts'
import type { ObjectId } from './objects.ts'
import { delimiterPacket, flushPacket, formatPacket, readLines } from './pkt-line.ts'
import type { Conversation } from './transport.ts'

/** Refs that begin with one of the prefixes, in whichever version the server speaks. */
export async function listRefs(conversation: Conversation, prefixes: readonly string[]): Promise<ReadonlyMap<string, ObjectId>> {
  const greeting = await conversation.greeting()
  const refs = greeting.version === 2 ? await askForRefs(conversation, prefixes) : greeting.refs
  return new Map([...refs].filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))))
}

/** @see https://git-scm.com/docs/gitprotocol-v2#_ls_refs */
async function askForRefs(conversation: Conversation, prefixes: readonly string[]): Promise<ReadonlyMap<string, ObjectId>> {
  const reader = await conversation.ask(
    concatBytes([
      formatPacket('command=ls-refs\n'),
      formatPacket('agent=althing/1\n'),
      formatPacket('object-format=sha1\n'),
      delimiterPacket,
      ...prefixes.map((prefix) => formatPacket(`ref-prefix ${prefix}\n`)),
      flushPacket,
    ]),
  )
  const { lines, isWhole } = await readLines(reader)
  // a list that was cut short would make refs look absent
  if (!isWhole) throw tasksFaults.create('REMOTE_UNREACHABLE', { message: 'the git server broke off in the middle of its list of refs' })
  return new Map(
    lines.flatMap((line) => {
      const ref = readRefLine(line)
      return ref === undefined ? [] : [[ref.name, ref.id] as const]
    }),
  )
}
