import type { PeerId } from '../identity/keys.ts'
import type { Fault } from '../lib/fault.ts'
import type { Reader } from '../store/database.ts'
import type { ContextHive } from './context.ts'
import { contextFaults } from './faults.ts'
import { bearersOf, namesOf } from './name-rows.ts'
import { chooseWriter } from './rules/choose-writer.ts'

/**
 * Nothing, when this node is the one that writes as an agent, and everything its predecessors wrote is here.
 *
 * Judged by journals alone: what a neighbour's certificate says live may be newer than the versions of its that came.
 *
 * @throws Fault WRITER_DENIED, WRITER_ELSEWHERE, WRITER_BEHIND
 * @see docs/decisions/0005-one-writer-per-name.md
 */
export function needWriter(reader: Reader, hive: ContextHive, agent: string): void {
  const { node, membership } = hive
  const bearers = bearersOf(reader, { hive: hive.hive, agent })
  const own = bearers.find((bearer) => bearer.node === node)
  if (own === undefined || !membership.mayWriteAs(node, agent)) throw denied(reader, hive, agent)
  // a name that moved to another owner is no longer its first one's, whatever certificates that one signed
  const standing = bearers.filter((bearer) => bearer.owner === own.owner && (bearer.node === node || !isCut(hive, bearer.node)))
  const writer = chooseWriter(standing)
  if (writer !== node && writer !== undefined) throw elsewhere(agent, writer)
  for (const bearer of bearers) if (isBehind(hive, bearer.node)) throw behind(agent, bearer.node)
}

function isCut({ membership }: ContextHive, node: PeerId): boolean {
  return membership.judge(node).verdict === 'cut'
}

/** Whether entries of a revoked node's journal are lacking that still count. */
function isBehind({ journal, membership }: ContextHive, node: PeerId): boolean {
  const verdict = membership.judge(node)
  if (verdict.verdict !== 'cut' || verdict.after === undefined) return false
  const { incarnation, seq } = verdict.after
  return !journal.lineHeads(node).some((head) => head.incarnation === incarnation && head.seq >= seq)
}

function denied(reader: Reader, { hive, node, membership, name }: ContextHive, agent: string): Fault {
  const own = namesOf(reader, hive, node).filter((mine) => membership.mayWriteAs(node, mine))
  const known = own.length === 0 ? 'It may write as none yet' : `It may write as ${own.slice(0, 8).join(', ')}`
  return contextFaults.create('WRITER_DENIED', {
    message: `this node may not write as "${agent}" in "${name}". ${known}; \`althing node certify --agent NAME\` adds a name of your own (your handle and a hyphen before it), others the hive's root grants`,
    data: { agent, mayWriteAs: [...own] },
  })
}

function elsewhere(agent: string, node: PeerId): Fault {
  return contextFaults.create('WRITER_ELSEWHERE', {
    message: `node ${node} writes as "${agent}", and one name has one writer. Take the name from it: \`althing node certify --without ${agent}\` there; where the owner key is not there, \`althing node accept\` with a new code of \`althing node enroll\`, which gives it the names of the code and no others. If it is gone, revoke it`,
    data: { agent, node },
  })
}

function behind(agent: string, node: PeerId): Fault {
  return contextFaults.create('WRITER_BEHIND', {
    message: `node ${node} wrote as "${agent}" before it was revoked, and its last entries that count are not here yet; connect to a member that has them, then try again`,
    data: { agent, node },
  })
}
