import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { GossipMessage, GossipVerdict, Host } from '../network/host.ts'
import { Gossiper } from './gossiper.ts'
import type { Entry } from './entry.ts'
import type { AdmissionVerdict } from './journal.ts'
import { formatNews, parseNews } from './protocol.ts'
import type { GossipNews } from './protocol.ts'
import { Replicator } from './replicator.ts'
import { nodeOf, openPeer, signChain } from './testing/bench-of-peers.ts'
import { fleetReplicationOptions } from './testing/fleet.ts'

/** What bob's node says of gossip, when cy is unknown to its hive and dan was cut after his first entry. */
async function openListener(): Promise<(bytes: Uint8Array) => Promise<GossipVerdict>> {
  const verdicts = new Map<string, AdmissionVerdict>([
    [nodeOf('cy'), { verdict: 'unknown' }],
    [nodeOf('dan'), { verdict: 'cut', after: { incarnation: 1, seq: 1 } }],
  ])
  const judge = (node: string): AdmissionVerdict => verdicts.get(node) ?? { verdict: 'admitted' }
  const { journal } = await openPeer('bob', { admission: { judge, introduce: ({ header }) => judge(header.node) } })
  let heard: ((message: GossipMessage) => GossipVerdict | Promise<GossipVerdict>) | undefined
  const gossip: Host['gossip'] = {
    publish: () => Promise.resolve(1),
    listeners: () => [],
    subscribe: (_topic, listen) => {
      heard = listen
      return () => {}
    },
  }
  // A gossiper asks a host for gossip and its events alone.
  const host = { gossip, events: { on: () => () => {} } } as unknown as Host
  const deps = { journal, host, clock: createVirtualClock({ startsAt: 0 }), chance: createSeededChance(1), log: silentLog }
  const replicator = new Replicator(deps, fleetReplicationOptions)
  assert.ok(new Gossiper({ ...deps, replicator, parseNews }, fleetReplicationOptions))
  return async (bytes) => (heard === undefined ? 'ignore' : heard({ from: nodeOf('eve'), bytes }))
}

const [one, two, three] = signChain('ada', ['one', 'two', 'three']) as readonly [Entry, Entry, Entry]
const [, otherTwo] = signChain('ada', ['one', 'other two']) as readonly [Entry, Entry]
const [cys] = signChain('cy', ['hello']) as readonly [Entry]
const [dans, dansTwo] = signChain('dan', ['before', 'after']) as readonly [Entry, Entry]

function spoil(entry: Entry): Entry {
  return { ...entry, signature: new Uint8Array(64) }
}

/** The last of some news, after the others were heard. */
const cases: readonly (readonly [what: string, verdict: GossipVerdict, ...news: (GossipNews | Uint8Array)[]])[] = [
  ['a new entry of a member is passed on', 'accept', { type: 'entry', entry: one }],
  ['an entry that is here already is passed on', 'accept', { type: 'entry', entry: one }, { type: 'entry', entry: one }],
  ['an entry whose predecessors are lacking is passed on', 'accept', { type: 'entry', entry: three }],
  ['S4: noise is held against who brought it', 'reject', createSeededChance(3).bytes(200)],
  ['S5: an entry with a wrong signature is held against who brought it', 'reject', { type: 'entry', entry: spoil(one) }],
  ['S6: a fork that is none is held against who brought it', 'reject', { type: 'fork', proof: { first: one, second: two } }],
  ['S1: an entry of somebody nobody admits goes no further', 'ignore', { type: 'entry', entry: cys }],
  ['S10: an entry past the cut of its author goes no further', 'ignore', { type: 'entry', entry: dans }, { type: 'entry', entry: dansTwo }],
  ['S6: the other branch of a fork goes no further', 'ignore', ...[one, two, otherTwo].map((entry) => ({ type: 'entry', entry }) as const)],
  ['S4: a fork of somebody unheard of goes no further', 'ignore', { type: 'fork', proof: { first: two, second: otherTwo } }],
]

for (const [what, verdict, ...news] of cases) {
  test(what, async () => {
    const hear = await openListener()
    let last: GossipVerdict | undefined
    for (const said of news) last = await hear(said instanceof Uint8Array ? said : formatNews(said))
    assert.equal(last, verdict)
  })
}
