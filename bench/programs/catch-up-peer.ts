/** A node of ours with a journal, as the one who has entries or the one who lacks them in `catch-up.ts`. */
import { createSigningKey, parsePeerId } from '../../src/identity/keys.ts'
import type { PeerId } from '../../src/identity/keys.ts'
import type { Document } from '../harness/document.ts'
import { serveParent } from '../harness/serve-parent.ts'
import { openBenchHost } from '../ours/open-host.ts'
import { fillJournal, openReplica } from '../ours/open-replica.ts'
import type { Replica } from '../ours/open-replica.ts'

const signal = new AbortController().signal
const key = createSigningKey()
const host = await openBenchHost(key)
let replica: Replica | undefined

serveParent({
  open: async (input) => {
    replica = await openReplica(host, key, input.text('folder'))
    return { peer: host.peerId, address: String(host.addresses()[0]) }
  },
  fill: async (input) => {
    await fillJournal(opened().journal, input.number('entries'), input.number('bodyBytes'))
    return {}
  },
  admit: async (input) => {
    host.admit(peerOf(input))
    return {}
  },
  catchUp: async (input) => {
    const startedAt = performance.now()
    await host.dial(input.text('address'), { signal })
    await opened().untilHas(peerOf(input), input.number('entries'))
    return { ms: performance.now() - startedAt }
  },
})

function opened(): Replica {
  if (replica === undefined) throw new Error('ask for "open" first')
  return replica
}

function peerOf(input: Document): PeerId {
  const peer = parsePeerId(input.text('peer'))
  if (peer === undefined) throw new Error(`${input.text('peer')} is no peer id`)
  return peer
}
