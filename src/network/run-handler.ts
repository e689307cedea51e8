import type { Clock } from '../lib/clock.ts'
import { isTimeout, withDeadline } from '../lib/deadline.ts'
import type { Channel, ChannelHandler } from './host.ts'

/** How long a channel may stay half open after its handler is through, in milliseconds. */
const lingerMs = 10_000

/** Runs a handler on its channel, and closes or aborts the channel when the handler returns or throws. */
export async function runHandler(
  owner: { readonly clock: Clock; readonly signal: AbortSignal },
  channel: Channel,
  handler: ChannelHandler,
): Promise<void> {
  try {
    await handler(channel, { signal: owner.signal })
    await channel.close()
  } catch (error) {
    channel.abort(error instanceof Error ? error : new Error(String(error)))
    return
  }
  await discard(owner, channel)
}

/** Reads what the peer still sends and lets it go, so that its last messages do not hold a window open for ever. */
async function discard(owner: { readonly clock: Clock; readonly signal: AbortSignal }, channel: Channel): Promise<void> {
  const signal = withDeadline(owner.clock, lingerMs, owner.signal)
  try {
    while ((await channel.receive({ signal })) !== undefined);
  } catch (error) {
    const reason = isTimeout(error) ? 'the peer did not close its side' : 'the channel ended'
    channel.abort(new Error(reason, { cause: error }))
  }
}
