/** One stock libp2p node, for `idle.ts`: listens, dials who it is told, and then does nothing. */
import { multiaddr } from '@multiformats/multiaddr'
import { serveParent } from '../harness/serve-parent.ts'
import { openStockNode } from '../peers/stock-node.ts'

/** As many topics as one hive of ours has. */
const topics = 5

const node = await openStockNode('noise')
for (let topic = 0; topic < topics; topic += 1) node.services.gossip.subscribe(`bench-${topic}`)

serveParent({
  address: async () => ({ address: String(node.getMultiaddrs()[0]) }),
  dial: async (input) => {
    await node.dial(multiaddr(input.text('address')))
    return {}
  },
  peers: async () => ({ count: node.getPeers().length }),
})
