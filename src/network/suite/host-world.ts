import assert from 'node:assert/strict'
import { encodeText } from '../../lib/bytes.ts'
import { Fault } from '../../lib/fault.ts'
import type { Channel, Host, HostEvents } from '../host.ts'
import type { MemoryHostOptions } from '../memory-contract.ts'

/** What the suite needs to know of an implementation. */
export interface HostWorld extends AsyncDisposable {
  /** A running host with a key of its own for each name. */
  readonly openHost: (name: string, changes?: Partial<MemoryHostOptions>) => Promise<Host>
  /** Waits for something, in the time of this world. */
  readonly until: <T>(work: PromiseLike<T>) => Promise<T>
  /** Lets some milliseconds of this world pass, for what must not happen meanwhile. */
  readonly pause: (ms: number) => Promise<void>
}

export type Scene = (title: string, play: (world: HostWorld) => Promise<void>) => void

export const protocol = '/althing/suite/echo/1'
export const topic = 'althing/suite/talk/v1'
export const never = new AbortController().signal
export const limits = { maxMessageBytes: 1_048_576, maxPerPeer: 8 }
export const asking = { signal: never, maxMessageBytes: 1_048_576 }

/** Ada and bob, connected, each a member to the other. */
export async function openPair(
  world: HostWorld,
  changes?: Partial<MemoryHostOptions>,
): Promise<{ readonly ada: Host; readonly bob: Host }> {
  const [ada, bob] = [await world.openHost('ada', changes), await world.openHost('bob', changes)]
  await connect(world, ada, bob)
  return { ada, bob }
}

export async function connect(world: HostWorld, from: Host, to: Host): Promise<void> {
  const arrived = Promise.all([
    once(from, 'peer:connected', (peer) => peer === to.peerId),
    once(to, 'peer:connected', (peer) => peer === from.peerId),
  ])
  from.admit(to.peerId)
  to.admit(from.peerId)
  await world.until(from.dial(to.addresses()[0] ?? '', asking))
  await world.until(arrived)
}

export async function untilListening(world: HostWorld, pairs: readonly (readonly [from: Host, to: Host])[]): Promise<void> {
  for (const [from, to] of pairs) {
    while (!from.gossip.listeners(topic).includes(to.peerId)) await world.pause(1)
  }
}

export async function echo(channel: Channel): Promise<void> {
  for (;;) {
    const message = await channel.receive()
    if (message === undefined) return
    await channel.send(message)
  }
}

export async function readAll(channel: Channel): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = []
  for (;;) {
    const message = await channel.receive()
    if (message === undefined) return messages
    messages.push(message)
  }
}

export function once<Name extends keyof HostEvents>(host: Host, name: Name, isIt: (...args: HostEvents[Name]) => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const off = host.events.on(name, (...args: HostEvents[Name]) => {
    if (!isIt(...args)) return
    off()
    resolve()
  })
  return promise
}

export function isFault(code: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, code)
    return true
  }
}

export async function isAnswered(channel: Channel): Promise<boolean> {
  await channel.send(encodeText('hello'))
  return (await channel.receive()) !== undefined
}

/** Reads until the channel ends. */
export async function hear(channel: Channel, lengths: number[] = []): Promise<void> {
  for (;;) {
    const message = await channel.receive()
    if (message === undefined) return
    lengths.push(message.byteLength)
  }
}
