/** Where a peer stands with a host. Everybody starts as a stranger. */
export type Standing = 'stranger' | 'admitted' | 'expelled'

/** What is open when a new connection or channel arrives. */
export interface ConnectionCounts {
  /** Connections of this identity. */
  readonly ofPeer: number
  /** Connections of all strangers. */
  readonly ofStrangers: number
}

export interface ConnectionLimits {
  readonly maxStrangers: number
  readonly maxConnectionsPerPeer: number
}

export type ConnectionVerdict = 'accept' | 'expelled' | 'too-many-strangers' | 'too-many-of-peer'

/** Whether a connection whose identity is proven may stay. Counted by identity, never by address: an office has one address. */
export function judgeConnection(standing: Standing, counts: ConnectionCounts, limits: ConnectionLimits): ConnectionVerdict {
  if (standing === 'expelled') return 'expelled'
  if (counts.ofPeer >= limits.maxConnectionsPerPeer) return 'too-many-of-peer'
  if (standing === 'stranger' && counts.ofStrangers >= limits.maxStrangers) return 'too-many-strangers'
  return 'accept'
}

/** What is open of one identity when it opens another channel. */
export interface ChannelCounts {
  /** Inbound channels of this protocol. */
  readonly ofProtocol: number
  /** Inbound channels of all protocols. */
  readonly ofPeer: number
  /** Inbound channels that wait for the peer's admission. */
  readonly waiting: number
}

export interface ChannelLimits {
  readonly maxOfProtocol: number
  readonly maxStreamsPerPeer: number
  readonly maxWaiting: number
}

export type ChannelVerdict = 'serve' | 'wait' | 'refuse'

/**
 * Whether an inbound channel is served, waits until its peer is admitted, or is refused.
 *
 * Waiting is there because the two sides of a connection never admit each other in the same instant.
 */
export function judgeChannel(
  peer: { readonly standing: Standing; readonly isForStrangers: boolean },
  counts: ChannelCounts,
  limits: ChannelLimits,
): ChannelVerdict {
  if (peer.standing === 'expelled') return 'refuse'
  if (counts.ofProtocol >= limits.maxOfProtocol || counts.ofPeer >= limits.maxStreamsPerPeer) return 'refuse'
  if (peer.standing === 'admitted' || peer.isForStrangers) return 'serve'
  return counts.waiting < limits.maxWaiting ? 'wait' : 'refuse'
}
