import { Socket } from 'node:net'

/**
 * Preloaded into a node process (`node --import`): what it dials on loopback comes from the address `FAULT_SOURCE`, so that
 * a proxy knows who calls. Linux has all of 127.0.0.0/8 on loopback.
 */
const source = process.env['FAULT_SOURCE']
const connect: unknown = Reflect.get(Socket.prototype, 'connect')
if (typeof connect !== 'function') throw new Error('node:net has no connect to stand before')

Object.defineProperty(Socket.prototype, 'connect', {
  value(this: Socket, ...args: unknown[]) {
    const options = optionsIn(args[0])
    const host = options?.['host']
    if (typeof host === 'string' && host.startsWith('127.')) Object.assign(options ?? {}, { localAddress: source })
    return Reflect.apply(connect, this, args) as Socket
  },
})

/** `net.connect` hands its arguments on in a list of their own. */
function optionsIn(first: unknown): Record<string, unknown> | undefined {
  const options: unknown = Array.isArray(first) ? first[0] : first
  return typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : undefined
}
