import { version } from '../config/version.ts'
import type { Config } from '../config/schema.ts'
import type { Status } from '../health/handlers.ts'
import { countPackages } from '../market/count-packages.ts'
import type { HiveRuntime } from './hive-runtime.ts'
import type { Home } from './open-home.ts'

/** What a status is read from. */
export interface StatusSources {
  readonly home: Home
  readonly config: Config
  readonly hive: HiveRuntime
  /** Hives this node is in. */
  readonly hives: number
  readonly isRunning: boolean
  readonly uptimeMs: number
  readonly http: string | undefined
}

/** One picture of a node and one of its hives. */
export function readStatus(sources: StatusSources): Status {
  const { home, config, hive, isRunning, uptimeMs } = sources
  const { certificate } = home.keys.certificate()
  const { known } = hive.row
  const connections = hive.host?.connections() ?? []
  const journals = hive.journal.status()
  const blobs = home.blobs.usage()
  const packages = countPackages(home, known.id)
  const admitted = connections.filter((connection) => connection.admitted)
  const listen = [...(hive.host?.addresses() ?? [])]
  const members = hive.membership.members().filter((member) => !member.revoked).length
  return {
    isRunning,
    version,
    home: home.path,
    uptimeMs,
    node: { peerId: home.keys.nodeId, owner: certificate.owner, label: certificate.label },
    hive: { id: known.id, name: known.genesis.name, policy: known.genesis.policy, members, others: sources.hives - 1 },
    listen,
    connections: { open: connections.length, admitted: admitted.length, bootstrap: countBootstrap(sources, admitted) },
    dht: { mode: hive.host?.routing.mode() ?? 'off', records: hive.host?.routing.recordCount() ?? 0 },
    packages,
    journals: { authors: journals.authors, entries: journals.entries, bytes: journals.bytes, troubled: journals.troubled.length },
    content: { items: blobs.blocks, bytes: blobs.bytes, maxBytes: config.content.maxDiskBytes },
    http: sources.http ?? null,
    hints: findHints({
      uptimeMs,
      isRevoked: hive.membership.judge(hive.journal.node).verdict === 'cut',
      deniedBy: hive.service.deniedBy().length,
      name: known.genesis.name,
      isRunning,
      isAlone: admitted.length === 0,
      members,
      indexed: packages.discovered,
      policy: known.genesis.policy,
    }),
  }
}

/** The same of a node that left its last hive. */
export function readStatusWithoutHive({ home, config, isRunning, uptimeMs, http }: Omit<StatusSources, 'hive' | 'hives'>): Status {
  const { certificate } = home.keys.certificate()
  const blobs = home.blobs.usage()
  return {
    isRunning,
    version,
    home: home.path,
    uptimeMs,
    node: { peerId: home.keys.nodeId, owner: certificate.owner, label: certificate.label },
    hive: null,
    listen: [],
    connections: { open: 0, admitted: 0, bootstrap: 0 },
    dht: { mode: 'off', records: 0 },
    packages: { local: 0, discovered: 0 },
    journals: { authors: 0, entries: 0, bytes: 0, troubled: 0 },
    content: { items: blobs.blocks, bytes: blobs.bytes, maxBytes: config.content.maxDiskBytes },
    http: http ?? null,
    hints: ['this node is in no hive: `althing hive create NAME` makes one, `althing hive join CODE` joins one'],
  }
}

/** Connected peers that a bootstrap address names. */
function countBootstrap({ config, hive }: StatusSources, admitted: readonly { readonly peer: string }[]): number {
  const addresses = [...config.network.bootstrap, ...hive.row.bootstrap]
  return admitted.filter(({ peer }) => addresses.some((address) => address.endsWith(`/p2p/${peer}`))).length
}

/** Time in which a node that was started is still dialling whom it knows, in milliseconds. */
const searchMs = 15_000

interface Situation {
  readonly uptimeMs: number
  readonly isRevoked: boolean
  /** Members that say so, where this node has not heard it from its root or owner. */
  readonly deniedBy: number
  readonly name: string
  readonly isRunning: boolean
  readonly isAlone: boolean
  readonly members: number
  readonly indexed: number
  readonly policy: 'closed' | 'open'
}

/** What a person may want to do next. */
function findHints({ uptimeMs, isRevoked, deniedBy, name, isRunning, isAlone, members, indexed, policy }: Situation): string[] {
  const hints: string[] = []
  if (isRevoked) return [`this node was revoked in "${name}": what it writes there reaches nobody, and members do not let it in`]
  if (deniedBy > 0) {
    const who = deniedBy === 1 ? '1 member says' : `${deniedBy} members say`
    hints.push(
      `${who} that this node was revoked in "${name}", and did not let it in: ask whoever has the owner's key, or the root of the hive; \`althing hive join CODE\` comes back with a new code`,
    )
  }
  if (!isRunning) hints.push('no node runs here: start one with `althing p2p start`')
  if (isRunning && isAlone && deniedBy === 0 && policy === 'closed' && members <= 1) {
    hints.push('nobody else is in this hive yet: `althing hive invite` prints a code for another machine')
  }
  if (isRunning && isAlone && deniedBy === 0 && policy === 'closed' && members > 1) {
    hints.push(
      uptimeMs < searchMs
        ? 'looking for the other members: this node has just started'
        : 'no other member is in reach: this node goes on trying; `althing p2p bootstrap ADDR` names one',
    )
  }
  if (isRunning && isAlone && policy === 'open')
    hints.push('nobody is connected yet: `althing p2p bootstrap ADDR` names a node to begin with')
  if (indexed === 0) hints.push('the index is empty: `althing p2p publish PATH` shares a folder with a package.toml or SKILL.md')
  return hints
}
