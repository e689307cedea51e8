import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createConnection, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Chance } from '../../src/lib/chance.ts'

/** A machine as the proxy knows it. */
export interface ProxiedMachine {
  readonly name: string
  /** Loopback address that it alone listens on and dials from. */
  readonly host: string
  readonly port: number
}

/** When connections break by themselves: after so many bytes, drawn anew for each. */
export interface Breakage {
  readonly chance: Chance
  readonly minBytes: number
  readonly maxBytes: number
}

/** What becomes of bytes from one machine to another. */
interface Line {
  isCut: boolean
  delayMs: number
}

interface Pair {
  readonly from: string
  readonly to: string
  readonly sockets: readonly Socket[]
  /** Bytes were lost, or a dial was left without an answer: nothing good comes of it after healing. */
  isTorn: boolean
  budget: number
}

/**
 * Stands before every machine of a test, and knows by the source address who dials.
 *
 * A cut line swallows what is sent on it, ends and resets too, while connections stand; a new connection needs both
 * directions, as TCP does. Healing resets connections that lost bytes, as a firewall does that forgot them.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #machines = new Map<string, ProxiedMachine>()
  readonly #servers: Server[] = []
  readonly #lines = new Map<string, Line>()
  readonly #pairs = new Set<Pair>()
  readonly #dials = new Map<string, number[]>()
  #breakage: Breakage | undefined
  #broken = 0

  /** Gives the port, on 127.0.0.1, at which the others are to know the machine. */
  async stand(machine: ProxiedMachine): Promise<number> {
    this.#machines.set(machine.host, machine)
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.#accept(socket, machine))
    this.#servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  /** Cuts one direction. */
  cut(from: string, to: string): void {
    this.#line(from, to).isCut = true
  }

  /** Cuts every line between two groups, both ways. */
  partition(one: readonly string[], other: readonly string[]): void {
    for (const from of one) {
      for (const to of other) {
        this.cut(from, to)
        this.cut(to, from)
      }
    }
  }

  /** Bytes of one direction come so much later. */
  delay(from: string, to: string, delayMs: number): void {
    this.#line(from, to).delayMs = delayMs
  }

  /** Ends every cut and delay. */
  heal(): void {
    this.#lines.clear()
    for (const pair of this.#pairs) if (pair.isTorn) reset(pair)
  }

  /** Resets the connections between two machines. */
  sever(one: string, other: string): void {
    for (const pair of this.#pairs) {
      if ((pair.from === one && pair.to === other) || (pair.from === other && pair.to === one)) reset(pair)
    }
  }

  /** From now on connections break by themselves; `undefined` ends that. */
  breakAtRandom(breakage: Breakage | undefined): void {
    this.#breakage = breakage
    for (const pair of this.#pairs) pair.budget = this.#drawBudget()
  }

  /** Connections broken at random so far. */
  broken(): number {
    return this.#broken
  }

  /** When one machine dialled another, by `performance.now()`. */
  dials(from: string, to: string): readonly number[] {
    return this.#dials.get(`${from} ${to}`) ?? []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.#servers.map(async (server) => once(server.close(), 'close'))
    for (const pair of this.#pairs) reset(pair)
    await Promise.all(closing)
  }

  #accept(caller: Socket, callee: ProxiedMachine): void {
    const from = this.#machines.get(caller.remoteAddress ?? '')?.name ?? 'stranger'
    const to = callee.name
    this.#dials.set(`${from} ${to}`, [...this.dials(from, to), performance.now()])
    if (this.#line(from, to).isCut || this.#line(to, from).isCut) {
      this.#hold({ from, to, sockets: [caller], isTorn: true, budget: Infinity })
      // A held dial is read, so that its end is seen.
      caller.resume()
      return
    }
    const called = createConnection({ host: callee.host, port: callee.port, allowHalfOpen: true })
    const pair: Pair = { from, to, sockets: [caller, called], isTorn: false, budget: this.#drawBudget() }
    this.#hold(pair)
    void this.#carry(pair, { source: caller, target: called, line: () => this.#line(from, to) })
    void this.#carry(pair, { source: called, target: caller, line: () => this.#line(to, from) })
  }

  #hold(pair: Pair): void {
    this.#pairs.add(pair)
    for (const socket of pair.sockets) {
      // What ends one side is passed on by `#carry`; without a listener it would end the test.
      socket.on('error', () => {})
      socket.on('close', () => {
        if (pair.sockets.every((each) => each.destroyed)) this.#pairs.delete(pair)
      })
    }
  }

  async #carry(pair: Pair, way: { readonly source: Socket; readonly target: Socket; readonly line: () => Line }): Promise<void> {
    const { source, target, line } = way
    let isReset = false
    try {
      for await (const bytes of source as AsyncIterable<Uint8Array>) {
        const { delayMs } = line()
        if (delayMs > 0) await pause(delayMs)
        if (line().isCut) {
          pair.isTorn = true
          continue
        }
        pair.budget -= bytes.byteLength
        if (pair.budget < 0) {
          this.#broken += 1
          return reset(pair)
        }
        if (!target.destroyed && !target.write(bytes)) await Promise.race([once(target, 'drain'), once(target, 'close')])
      }
    } catch {
      isReset = true
    }
    if (line().isCut) pair.isTorn = true
    else if (isReset) target.resetAndDestroy()
    else target.end()
  }

  #line(from: string, to: string): Line {
    const name = `${from} ${to}`
    const line = this.#lines.get(name) ?? { isCut: false, delayMs: 0 }
    this.#lines.set(name, line)
    return line
  }

  /** Evenly spread over magnitudes: some break in the handshake, some after megabytes. */
  #drawBudget(): number {
    if (this.#breakage === undefined) return Infinity
    const { chance, minBytes, maxBytes } = this.#breakage
    return Math.floor(minBytes * (maxBytes / minBytes) ** chance.fraction())
  }
}

function reset({ sockets }: Pair): void {
  for (const socket of sockets) socket.resetAndDestroy()
}
