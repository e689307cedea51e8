import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { openWireHost } from './suite/wire-world.ts'

const asking = { signal: new AbortController().signal }

/** A port at which somebody answers with this text, or nobody. */
async function openPort(t: TestContext, answer: string | undefined): Promise<number> {
  const server = createServer((socket) => void socket.on('error', () => undefined).end(answer ?? ''))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  if (answer === undefined) server.close()
  else t.after(() => server.close())
  return address.port
}

function untilClosed(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('close', () => resolve())
  return promise
}

async function whyOf(dial: Promise<unknown>): Promise<unknown> {
  const error: unknown = await dial.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Fault && error.code === 'PEER_UNREACHABLE', String(error))
  return error.data['why']
}

test('an address dialled again is tried itself, though its peer is connected at another; a right one leaves one connection', async (t) => {
  const [ada, bob] = [await openWireHost(t, 'ada'), await openWireHost(t, 'bob')]
  const right = bob.addresses()[0] ?? ''
  const wrong = right.replace(/tcp\/\d+/, `tcp/${await openPort(t, undefined)}`)
  await ada.dial(right, asking)
  assert.equal(await ada.dial(wrong, asking), bob.peerId)
  assert.equal(await whyOf(ada.dial(wrong, { ...asking, again: true })), 'nothing listens there')
  for (let round = 0; round < 6; round++) assert.equal(await ada.dial(right, { ...asking, again: true }), bob.peerId)
  assert.equal(ada.connections().length, 1)
})

test('whoever answers at an address and is no node, or another one, is told in words', async (t) => {
  const [ada, bob, cy] = [await openWireHost(t, 'ada'), await openWireHost(t, 'bob'), await openWireHost(t, 'cy')]
  const web = await openPort(t, 'HTTP/1.1 400 Bad Request\r\n\r\n')
  assert.equal(await whyOf(ada.dial(`/ip4/127.0.0.1/tcp/${web}`, asking)), 'what answers there is no node of althing, or not the one meant')
  const mistaken = (bob.addresses()[0] ?? '').replace(bob.peerId, cy.peerId)
  assert.equal(await whyOf(ada.dial(mistaken, asking)), 'what answers there is no node of althing, or not the one meant')
})

test('S31: silent handshakes that take every place go after the time a handshake has, not that of a dial', async (t) => {
  const bob = await openWireHost(t, 'bob', { handshakeTimeoutMs: 300, dialTimeoutMs: 60_000 })
  const port = Number(/tcp\/(\d+)/.exec(bob.addresses()[0] ?? '')?.[1])
  const silent = Array.from({ length: 256 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  t.after(() => silent.forEach((socket) => socket.destroy()))
  await Promise.all(silent.map(untilClosed))
  const ada = await openWireHost(t, 'ada')
  assert.equal(await ada.dial(bob.addresses()[0] ?? '', asking), bob.peerId)
})
