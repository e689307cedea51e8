import type { Channel } from '../network/host.ts'
import { hiveFaults } from './faults.ts'
import type { JoinMessage } from './protocol.ts'
import { formatMessage, maxMessageBytes, parseMessage } from './protocol.ts'

/** Sends one message of the join protocol. */
export function sendMessage(channel: Channel, message: JoinMessage): Promise<void> {
  return channel.send(formatMessage(message))
}

/** The next message; undefined when the peer ended its side. @throws Fault JOIN_PROTOCOL for anything that is no message */
export async function receiveMessage(
  channel: Channel,
  options: { readonly signal: AbortSignal; readonly maxBytes?: number },
): Promise<JoinMessage | undefined> {
  const bytes = await channel.receive({ signal: options.signal })
  if (bytes === undefined) return undefined
  const message = parseMessage(bytes, { maxBytes: options.maxBytes ?? maxMessageBytes })
  if (message === undefined) throw protocolFault(channel, `a message of ${bytes.byteLength} bytes that is not in the protocol`)
  return message
}

/** The next message, which must be of one of these types. @throws Fault JOIN_PROTOCOL */
export async function expectMessage<const T extends JoinMessage['t']>(
  channel: Channel,
  types: readonly T[],
  options: { readonly signal: AbortSignal },
): Promise<Extract<JoinMessage, { t: T }>> {
  const message = await receiveMessage(channel, options)
  if (message === undefined || !isOneOf(message, types))
    throw protocolFault(channel, `${message?.t ?? 'an end'} instead of ${types.join(' or ')}`)
  return message
}

function isOneOf<T extends JoinMessage['t']>(message: JoinMessage, types: readonly T[]): message is Extract<JoinMessage, { t: T }> {
  return types.some((type) => type === message.t)
}

function protocolFault(channel: Channel, what: string): Error {
  const message = `${channel.peer} answered with ${what}; it may run another version of althing`
  return hiveFaults.create('JOIN_PROTOCOL', { message, data: { peer: channel.peer } })
}
