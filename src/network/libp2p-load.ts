/** Everything of libp2p that a host is made of, loaded when the first one opens: commands without a network do not pay for it. */
export async function loadWire() {
  const [{ createLibp2p }, { privateKeyFromRaw }, { tcp }, { noise }, { tls }, { yamux }, { identify }, { ping }] = await Promise.all([
    import('libp2p'),
    import('@libp2p/crypto/keys'),
    import('@libp2p/tcp'),
    import('@libp2p/noise'),
    import('@libp2p/tls'),
    import('@libp2p/yamux'),
    import('@libp2p/identify'),
    import('@libp2p/ping'),
  ])
  const [{ kadDHT, passthroughMapper }, { gossipsub }, { circuitRelayServer, circuitRelayTransport }, { mdns }] = await Promise.all([
    import('@libp2p/kad-dht'),
    import('@libp2p/gossipsub'),
    import('@libp2p/circuit-relay-v2'),
    import('@libp2p/mdns'),
  ])
  const { FaultTolerance } = await import('@libp2p/interface')
  return {
    createLibp2p,
    privateKeyFromRaw,
    tcp,
    noise,
    tls,
    yamux,
    identify,
    ping,
    kadDHT,
    passthroughMapper,
    gossipsub,
    circuitRelayServer,
    circuitRelayTransport,
    mdns,
    FaultTolerance,
  }
}

/** The constructors of libp2p's parts. */
export type Wire = Awaited<ReturnType<typeof loadWire>>
