import type { PeerId } from '../identity/keys.ts'
import { parsePeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Clock } from '../lib/clock.ts'
import type { KnownPeer, PeerBook } from '../network/peer-book.ts'
import type { Database } from '../store/database.ts'

/** Peers remembered of one hive; more are forgotten, oldest first. */
const maxPeers = 256

/** The peers of the last runs, in the table `known_peer`. A write that fails costs a slower start and nothing else. */
export function createPeerTable(deps: { readonly database: Database; readonly clock: Clock }, hive: HiveId): PeerBook {
  const { database, clock } = deps
  const save = async (peer: PeerId, addresses: readonly string[]): Promise<void> =>
    database.write((tx) => {
      tx.run(
        'insert into known_peer (hive, peer, addresses, seen_at) values (?, ?, ?, ?) on conflict do update set addresses = excluded.addresses, seen_at = excluded.seen_at',
        hive,
        peer,
        JSON.stringify(addresses),
        clock.now(),
      )
      tx.run(
        'delete from known_peer where hive = ? and peer not in (select peer from known_peer where hive = ? order by seen_at desc limit ?)',
        hive,
        hive,
        maxPeers,
      )
    })
  return {
    load: () =>
      database
        .all<{ readonly peer: string; readonly addresses: string }>(
          'select peer, addresses from known_peer where hive = ? order by seen_at desc limit ?',
          hive,
          maxPeers,
        )
        .flatMap((row) => readPeer(row) ?? []),
    save: (peer, addresses) => void save(peer, addresses).catch(() => {}),
    forget: (peer) => void database.write((tx) => tx.run('delete from known_peer where hive = ? and peer = ?', hive, peer)).catch(() => {}),
  }
}

/** Who was connected in the runs before, and how long ago by our wall clock, in milliseconds. */
export function seenMembers(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  hive: HiveId,
): readonly { readonly node: PeerId; readonly agoMs: number }[] {
  const rows = database.all<{ readonly peer: string; readonly seen_at: number }>(
    'select peer, seen_at from known_peer where hive = ?',
    hive,
  )
  const now = clock.now()
  return rows.flatMap(({ peer, seen_at: seenAt }) => {
    const node = parsePeerId(peer)
    return node === undefined ? [] : [{ node, agoMs: Math.max(0, now - seenAt) }]
  })
}

function readPeer(row: { readonly peer: string; readonly addresses: string }): KnownPeer | undefined {
  const peer = parsePeerId(row.peer)
  const addresses: unknown = JSON.parse(row.addresses)
  if (peer === undefined || !Array.isArray(addresses)) return undefined
  return { peer, addresses: addresses.filter((address) => typeof address === 'string') }
}
