import type { PeerId } from '../identity/keys.ts'

/** Where a host remembers members of its hive from run to run. Written down by the composition root, over the database. */
export interface PeerBook {
  /** The peers last seen, newest first; at most some hundred. */
  readonly load: () => readonly KnownPeer[]
  /** Remembers where a member was reached just now. Must not throw; may write later. */
  readonly save: (peer: PeerId, addresses: readonly string[]) => void
  /** Forgets a peer that was expelled. */
  readonly forget: (peer: PeerId) => void
}

export interface KnownPeer {
  readonly peer: PeerId
  /** Multiaddrs, each with or without `/p2p/<peer>`. */
  readonly addresses: readonly string[]
}

/** A book that lasts as long as the process. For tests, and for commands that come and go. */
export function createMemoryPeerBook(known: readonly KnownPeer[] = []): PeerBook {
  const peers = new Map(known.map(({ peer, addresses }) => [peer, addresses]))
  return {
    load: () => [...peers].map(([peer, addresses]) => ({ peer, addresses })).toReversed(),
    save: (peer, addresses) => {
      peers.delete(peer)
      peers.set(peer, addresses)
    },
    forget: (peer) => void peers.delete(peer),
  }
}
