import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../src/config/schema.ts'
import { defaultConfig } from '../../src/config/load.ts'
import { openContentStore } from '../../src/content/content-store.ts'
import type { LocalContentStore } from '../../src/content/content-store.ts'
import { openExchange } from '../../src/content/exchange.ts'
import type { ContextHive, ContextStore } from '../../src/context/context.ts'
import { openContext } from '../../src/context/context-store.ts'
import { createContextView } from '../../src/context/context-view.ts'
import { createSealView } from '../../src/context/sealing/seal-view.ts'
import { certificateKind, formatDocumentBody } from '../../src/hive/membership-view.ts'
import { signCertificate } from '../../src/identity/certificate.ts'
import type { PeerId, SigningKey } from '../../src/identity/keys.ts'
import { createSigningKey, ownerIdOfKey, peerIdOfKey } from '../../src/identity/keys.ts'
import { openMemorySealKeys } from '../../src/identity/seal-keys.ts'
import type { ReplicatedJournal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import { openReplication } from '../../src/journal/replication.ts'
import { systemChance } from '../../src/lib/chance.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { Host } from '../../src/network/host.ts'
import type { MemoryNetwork } from '../../src/network/memory.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/database.ts'
import { openBlobStore } from '../../src/store/disk-blobs.ts'
import { benchHive } from './open-journal.ts'

/** The agent that whoever is first in a benchmark writes as. */
export const benchAgent = 'ada'

/** Context of a node, with its disk and its way to other nodes, without the rest of the node. */
export interface BenchContext extends AsyncDisposable {
  readonly node: PeerId
  readonly host: Host
  readonly database: Database
  readonly journal: ReplicatedJournal
  readonly content: LocalContentStore
  readonly context: ContextStore
}

export interface BenchContextOptions {
  readonly network: MemoryNetwork
  readonly folder: string
  /** Whoever may write as the agent of the benchmark. */
  readonly writer: { readonly key: SigningKey; readonly owner: SigningKey }
  /** This node is the writer. */
  readonly isWriter: boolean
  readonly options?: Partial<Config['context']>
}

/** Opens the context of one member, on disk, over a network in this process. */
export async function openBenchContext({ network, folder, writer, isWriter, options }: BenchContextOptions): Promise<BenchContext> {
  const config = await defaultConfig()
  await mkdir(folder, { recursive: true })
  const common = { clock: systemClock, log: silentLog, chance: systemChance }
  await using stack = new AsyncDisposableStack()
  const database = stack.use(openDatabase({ path: join(folder, 'althing.sqlite') }))
  const blobs = stack.use(await openBlobStore({ ...common, database, directory: join(folder, 'blobs') }, config.content))
  const content = openContentStore({ ...common, blobs, database }, config.content)
  const key = isWriter ? writer.key : createSigningKey()
  const [node, author, owner] = [peerIdOfKey(key.publicKey), peerIdOfKey(writer.key.publicKey), ownerIdOfKey(writer.owner.publicKey)]
  const view = createContextView({ content, membership: { hasOwned: (who, agent) => who === owner && agent === benchAgent } })
  const seals = createSealView()
  const admission = { judge: () => ({ verdict: 'admitted' }) as const, introduce: () => ({ verdict: 'admitted' }) as const }
  const journal = stack.use(
    await openJournal(
      { ...common, hive: benchHive, key, database, admission },
      { ...config.journal, ownHeadTimeoutMs: 0, views: [view, seals], policy: 'closed' },
    ),
  )
  if (isWriter) {
    const fields = { node, label: 'ada', agents: [benchAgent], roles: [], notBefore: 0, notAfter: undefined, serial: 1 }
    await journal.append(certificateKind, formatDocumentBody(signCertificate(writer.owner, fields).bytes))
  }
  const host = stack.use(network.openHost(node, config.network))
  host.events.on('stranger:connected', (peer) => host.admit(peer))
  stack.use(openReplication({ ...common, journal, host }, config.journal))
  const exchange = stack.use(openExchange({ ...common, hive: benchHive, host, content, blobs, database, key }, config.content))
  const hive: ContextHive = {
    hive: benchHive,
    name: 'bench',
    node,
    journal,
    membership: {
      hasOwned: () => true,
      judge: admission.judge,
      policy: 'closed',
      members: () => [],
      findOwner: () => undefined,
      handleOf: () => undefined,
      ownerOf: (peer) => (peer === author ? owner : undefined),
      mayWriteAs: (peer, agent) => peer === author && agent === benchAgent,
    },
    exchange,
    host,
    key,
    seenBefore: () => [],
    needAdmitted: () => {},
    connectedPeers: () => host.connections().map(({ peer }) => peer),
    untilConnected: async () => {},
  }
  const deps = { ...common, hive, database, content, view, seals, sealKeys: openMemorySealKeys(common), isTransient: false }
  const context = stack.use(openContext(deps, { ...config.context, ...options }))
  const owned = stack.move()
  return { node, host, database, journal, content, context, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
