import { Fault } from '../lib/fault.ts'
import { workersFaults } from '../workers/faults.ts'
import { chooseAgentName } from '../workers/rules/agent-name.ts'
import type { HiveRuntime } from './hive-runtime.ts'

/** Certifies this node anew with one agent name more. @throws Fault OWNER_KEY_ABSENT */
export type CertifyAs = (agent: string) => Promise<void>

/** The name this node writes context under in a hive; undefined when it has none. */
export function agentOf(hive: HiveRuntime): string | undefined {
  return hive.context.status().agents[0]
}

/**
 * That name; a node without one is given one of its owner's own, which need nobody's grant.
 *
 * @throws Fault WORKER_NAMELESS where the owner's key is elsewhere, or the owner has no handle yet
 */
export async function needAgent(hive: HiveRuntime, certifyAs: CertifyAs): Promise<string> {
  const known = agentOf(hive)
  if (known !== undefined) return known
  const { membership, journal } = hive
  const { node } = journal
  const owner = membership.ownerOf(node)
  const handle = owner === undefined ? undefined : membership.handleOf(owner)
  if (handle === undefined) throw nameless(hive, 'its owner has no handle there yet', 'connect to a member, and start the worker again')
  const others = membership.members().flatMap(({ nodes }) => nodes.filter((other) => other.node !== node))
  const taken = new Set(others.flatMap((other) => membership.certificateOf(other.node)?.certificate.agents ?? []))
  const label = membership.certificateOf(node)?.certificate.label ?? 'machine'
  const name = chooseAgentName({ handle, label, node }, (candidate) => taken.has(candidate))
  try {
    await certifyAs(name)
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'OWNER_KEY_ABSENT') throw error
    throw nameless(
      hive,
      'the key of its owner is on another machine',
      `there: \`althing node enroll --agent ${name}\`, here: \`althing node accept CODE\``,
    )
  }
  const given = agentOf(hive)
  if (given !== undefined) return given
  throw nameless(
    hive,
    `"${name}" is not its owner's there`,
    'the root of the hive grants a name with `althing hive grant`, and `althing node certify --agent NAME` takes it',
  )
}

function nameless({ row }: HiveRuntime, why: string, remedy: string): Fault {
  const { name } = row.known.genesis
  return workersFaults.create('WORKER_NAMELESS', {
    message: `this node may write under no agent name in "${name}", so that nothing of its work could be kept: ${why}; ${remedy}`,
    data: { hive: name },
  })
}
