import { randomBytes } from 'node:crypto'
import type { GossipNetwork } from './network.ts'

/** Bytes of a message: about one announcement. */
export const messageBytes = 256
/** Longer than any healthy delivery; gossipsub's own repair takes a heartbeat or two of 1 s. */
const deadlineMs = 15_000

/** Milliseconds until the last of the others heard one message of `from`. @throws Error that says how many did, after 15 s */
export async function measureSpread(network: GossipNetwork, from: number): Promise<number> {
  const bytes = new Uint8Array(randomBytes(messageBytes))
  const missing = new Set(Array.from({ length: network.size }).keys())
  missing.delete(from)
  const done = Promise.withResolvers<number>()
  const timer = setTimeout(
    () => done.reject(new Error(`${missing.size} of ${network.size - 1} nodes heard nothing in ${deadlineMs} ms (${network.name})`)),
    deadlineMs,
  )
  network.onMessage((place, heard) => {
    if (Buffer.compare(heard, bytes) !== 0) return
    missing.delete(place)
    if (missing.size === 0) done.resolve(performance.now())
  })
  const startedAt = performance.now()
  try {
    await network.publish(from, bytes)
    return (await done.promise) - startedAt
  } finally {
    clearTimeout(timer)
  }
}

/** Publishes until messages reach everybody several times running: meshes form with the heartbeats. @throws Error when they do not in 30 tries */
export async function untilMeshed(network: GossipNetwork, options: { readonly signal: AbortSignal }): Promise<void> {
  const wantedInARow = 5
  const heartbeatMs = 1000
  let inARow = 0
  for (let attempt = 0; attempt < 30 && inARow < wantedInARow; attempt += 1) {
    options.signal.throwIfAborted()
    const ms = await measureSpread(network, attempt % network.size).catch(() => Number.POSITIVE_INFINITY)
    inARow = ms < heartbeatMs ? inARow + 1 : 0
    if (inARow === 0) await new Promise((resolve) => setTimeout(resolve, heartbeatMs))
  }
  if (inARow < wantedInARow) throw new Error(`the mesh of ${network.size} nodes did not form (${network.name})`)
}
