import type { TestContext } from 'node:test'
import { defaultConfig } from '../../src/config/load.ts'
import { openShutdown } from '../../src/health/shutdown.ts'
import { createHiveTable } from '../../src/hive/hive-table.ts'
import { openHiveService } from '../../src/hive/hive-service.ts'
import { openMembership } from '../../src/hive/open-membership.ts'
import { formatBody, signEntry } from '../../src/journal/codec.ts'
import type { Entry } from '../../src/journal/entry.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import { formatMessage, formatNews, journalProtocol, journalTopic, parseMessage } from '../../src/journal/protocol.ts'
import { systemChance } from '../../src/lib/chance.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { Channel } from '../../src/network/host.ts'
import { createMemoryPeerBook } from '../../src/network/peer-book.ts'
import { openWireHost } from '../../src/runtime/hive-runtime.ts'
import { openHome } from '../../src/runtime/open-home.ts'
import type { Machine } from '../e2e/machine.ts'

/** A member in this process, on the real wire, that says on the journal's protocol what a test has it say. */
export interface HostileMember {
  /** Its whole journal: what is truly in it, and so many signed entries behind that. */
  readonly entries: readonly Entry[]
  /** Questions for entries that it answered. */
  readonly answers: () => number
  /** Tells entries by gossip, in this order. */
  readonly tell: (entries: readonly Entry[]) => Promise<void>
}

const maxMessageBytes = 4_194_304
const surroundings = { clock: systemClock, chance: systemChance, log: silentLog }

/**
 * Opens the home of a machine that joined, whose node does not run, and meets `addresses`.
 *
 * Asked for entries it gives every one of them twice, the last first.
 */
export async function openHostileMember(
  t: TestContext,
  machine: Machine,
  options: { readonly addresses: readonly string[]; readonly count: number },
): Promise<HostileMember> {
  const config = await defaultConfig()
  const shutdown = openShutdown(surroundings, config.shutdown)
  t.after(() => shutdown[Symbol.asyncDispose]())
  const home = await openHome({ ...surroundings, shutdown }, { path: machine.home, config, signal: t.signal })
  const { database, keys } = home
  const [row] = createHiveTable(database).list()
  if (row === undefined) throw new Error(`${machine.name} is in no hive`)
  const hive = row.known.id
  const membership = openMembership({ database, certificate: keys.certificate() }, row.known)
  const journal = shutdown.use(
    'journal',
    await openJournal(
      { hive, key: keys.node, database, clock: systemClock, admission: membership, owners: membership, log: silentLog },
      { ...config.journal, views: [membership.view], policy: 'closed' },
    ),
  )
  const network = { ...config.network, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false, relay: false }
  const host = shutdown.use('host', await openWireHost(surroundings, { hive, key: keys.node, peerBook: createMemoryPeerBook(), network }))
  const deps = { membership, journal, host, keys, database, ...surroundings }
  shutdown.use('hive', await openHiveService(deps, { ...config.hive, rootHandle: '' }))

  const own = journal.serve({ node: journal.node, incarnation: 1, from: 1, to: 1_000 }, { maxEntries: 1_000, maxBytes: maxMessageBytes })
  const entries = [...own.entries]
  for (let index = 0; index < options.count; index += 1) {
    const prev = entries.at(-1)
    const body = formatBody({ text: `note ${index}` })
    const place = {
      hive,
      incarnation: 1,
      seq: (prev?.header.seq ?? 0) + 1,
      prev: prev?.cid ?? null,
      kind: 'note',
      at: (prev?.header.at ?? 0) + 1,
    }
    entries.push(signEntry(keys.node, { ...place, bodyCid: body.cid, bodySize: body.bytes.byteLength }, body.bytes))
  }
  let answers = 0
  const serve = async (channel: Channel): Promise<void> => {
    const [head] = entries.slice(-1).map(({ cid, header: { node, incarnation, seq } }) => ({ node, incarnation, seq, cid }))
    await channel.send(formatMessage({ type: 'heads', heads: head === undefined ? [] : [head] }))
    for (let bytes = await channel.receive(); bytes !== undefined; bytes = await channel.receive()) {
      const message = parseMessage(bytes, { maxBytes: maxMessageBytes })
      if (message?.type !== 'ask') continue
      answers += 1
      const wanted = message.ranges.flatMap(({ node, from, to }) =>
        entries.filter(({ header }) => header.node === node && header.seq >= from && header.seq <= to),
      )
      const wrong = wanted.toReversed().flatMap((entry) => [entry, entry])
      await channel.send(formatMessage({ type: 'batch', id: message.id, entries: wrong, evidence: [] }))
    }
  }
  host.handle(journalProtocol(hive), serve, { maxMessageBytes, maxPerPeer: 4 })
  host.events.on('peer:connected', (peer) => {
    // Of two peers the one whose name is smaller opens the channel.
    if (host.peerId < peer)
      host
        .open(peer, journalProtocol(hive), { signal: t.signal, maxMessageBytes })
        .then(serve)
        .catch(() => {})
  })
  for (const address of options.addresses) await host.dial(address, { signal: t.signal })
  return {
    entries,
    answers: () => answers,
    tell: async (told) => {
      for (const entry of told) await host.gossip.publish(journalTopic(hive), formatNews({ type: 'entry', entry }))
    },
  }
}
