import { createHash } from 'node:crypto'
import type { PeerId } from '../../src/identity/keys.ts'
import type { Entry } from '../../src/journal/entry.ts'
import type { ReplicatedJournal } from '../../src/journal/journal.ts'
import type { GossipNews } from '../../src/journal/protocol.ts'
import { parseNews } from '../../src/journal/protocol.ts'
import type { Chance } from '../../src/lib/chance.ts'
import { createSeededChance } from '../../src/lib/chance.ts'
import type { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { createVirtualClock } from '../../src/lib/virtual-clock.ts'
import type { MemoryNetwork } from '../../src/network/memory.ts'
import { createMemoryNetwork, quietNetwork } from '../../src/network/memory.ts'
import type { Database } from '../../src/store/database.ts'
import type { Script, SimulatedFault, SimulatedWrite } from './fault-script.ts'
import { drawScript } from './fault-script.ts'
import { checkInvariants } from './invariants.ts'
import { openDisk, readDisk } from './disk.ts'
import { foundHive } from './founding.ts'
import type { MembershipModel } from './sim-node.ts'
import { SimNode } from './sim-node.ts'
import { EntryTable } from '../../src/journal/entry-table.ts'
import type { Cid } from '../../src/lib/cid.ts'

export interface SimulationOptions {
  readonly nodes: number
  readonly seed: number
  /** Virtual time in all. */
  readonly minutes: number
  readonly membership: MembershipModel
  /** Faults a minute in a hive of up to a hundred nodes; in a larger one they grow as the root of its size. */
  readonly faultsPerMinute: number
}

export interface SimulationReport {
  /** Hash of everything that was committed anywhere, in order, with its time. The same seed gives the same. */
  readonly trace: string
  /** What does not hold; empty is good. */
  readonly violations: readonly string[]
  readonly virtualSeconds: number
  /** Entries committed, on all nodes together. */
  readonly commits: number
  readonly writes: number
  readonly faults: Readonly<Record<string, number>>
  /** Incarnations opened by restored nodes. */
  readonly incarnations: number
  /** Notes of the node that was thrown out that count nowhere. */
  readonly forbidden: number
  /** Entries in all journals together, and on all disks together. */
  readonly entries: number
  readonly copies: number
  /** Hops of gossip that did not arrive, or came to nobody. */
  readonly lostHops: number
  readonly network: Readonly<Record<'links' | 'messages' | 'gossips' | 'bytes', number>>
}

/** Neighbours a node dials; about as many dial it. */
const dialledNeighbours = 4
const startsAt = 1_760_000_000_000

/** Real journals and replication on a simulated network, disk and clock, with what goes wrong drawn from the seed. */
export class Simulation {
  readonly #options: SimulationOptions
  readonly #clock: VirtualClock = createVirtualClock({ startsAt })
  readonly #chance: Chance
  readonly #network: MemoryNetwork
  #nodes: readonly SimNode[] = []
  readonly #script: Script
  readonly #trace = createHash('sha256')
  /** Acknowledged texts that must be everywhere in the end, with the entry that carried them first. */
  readonly #promised = new Map<string, { readonly author: PeerId; readonly cid: Cid; readonly seq: number }>()
  /** The one entry ever seen at a position of a node that was never set back. */
  readonly #positions = new Map<string, string>()
  readonly #setBack = new Set<PeerId>()
  readonly #violations: string[] = []
  readonly #asleep = new Set<number>()
  readonly #down = new Set<number>()
  readonly #running: Promise<void>[] = []
  #commits = 0
  #heard = 0
  #incarnations = 0
  /** Who was thrown out, and after which entry. */
  #revoked: { readonly node: SimNode; readonly lastSeq: number } | undefined
  /** Notes of its that count nowhere. */
  readonly #forbidden = new Set<string>()
  #extraWrites = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    this.#chance = createSeededChance(options.seed)
    this.#script = drawScript(this.#chance, { ...options, revokes: options.membership === 'grants' })
    this.#network = createMemoryNetwork(
      { clock: this.#clock, chance: this.#chance },
      { ...quietNetwork, latencyMs: 20, jitterMs: 20, gossipDegree: 6 },
    )
  }

  /** Runs the whole script and gives what came of it. */
  async run(onMinute: (minute: number) => void = () => {}): Promise<SimulationReport> {
    await this.#clock.run(this.#startAll())
    onMinute(0)
    const steps = this.#steps()
    let elapsed = 0
    const pass = async (until: number): Promise<void> => {
      while (elapsed < until) {
        const next = Math.min(until, Math.floor(elapsed / 60_000 + 1) * 60_000)
        await this.#clock.advance(next - elapsed)
        elapsed = next
        if (elapsed % 60_000 === 0) onMinute(elapsed / 60_000)
      }
    }
    for (const step of steps) {
      await pass(step.at)
      step.work()
    }
    await pass(this.#script.calmAt)
    await this.#calm()
    await pass(this.#script.endsAt)
    await this.#clock.run(Promise.all(this.#running))
    const members = this.#nodes.filter((node) => node.index !== this.#revoked?.node.index)
    this.#violations.push(...checkInvariants(members, { promised: this.#promised, forbidden: this.#forbidden }))
    const report = this.#report()
    for (const node of this.#nodes) await this.#clock.run(node.close())
    return report
  }

  #report(): SimulationReport {
    const faults: Record<string, number> = {}
    for (const { type } of this.#script.faults) faults[type] = (faults[type] ?? 0) + 1
    return {
      trace: this.#trace.digest('hex'),
      violations: this.#violations,
      virtualSeconds: this.#script.endsAt / 1000,
      commits: this.#commits,
      writes: this.#script.writes.length,
      faults,
      incarnations: this.#incarnations,
      forbidden: this.#forbidden.size,
      entries: this.#nodes[0]?.journal?.status().entries ?? 0,
      copies: this.#nodes.reduce((sum, node) => sum + (node.journal?.status().entries ?? 0), 0),
      lostHops: this.#network.counters().gossips - this.#heard,
      network: this.#network.counters(),
    }
  }

  #drawNeighbours(): void {
    const count = this.#nodes.length
    for (const [index, node] of this.#nodes.entries()) {
      // A ring keeps the hive connected whatever chance draws.
      const targets = new Set([(index + 1) % count])
      for (let tries = 0; targets.size < Math.min(dialledNeighbours, count - 1) && tries < 100; tries++) {
        targets.add(Math.floor(this.#chance.fraction() * count))
      }
      targets.delete(index)
      for (const target of targets) {
        const neighbour = this.#nodes[target]
        if (neighbour !== undefined) node.neighbours.push(neighbour.peer)
      }
    }
  }

  /** The hive is founded and everybody has joined already: what is simulated is its life, not a million introductions. */
  async #startAll(): Promise<void> {
    const { nodes, seed, membership } = this.#options
    const founding = await foundHive(this.#clock, { nodes, seed })
    const readGossip = this.#readGossip()
    const members = new Set(founding.identities.map(({ peer }) => peer))
    const image = readDisk(founding.disk)
    const disks: Database[] = []
    for (let index = 0; index < nodes; index++) disks.push(await openDisk(image, { isMarked: false }))
    this.#nodes = disks.map((disk, index) => {
      const clock = this.#clock.withSkew(0)
      const deps = { network: this.#network, chance: this.#chance, clock, founding, members, parseNews: readGossip }
      return new SimNode(deps, { index, membership }, disk)
    })
    this.#drawNeighbours()
    await founding.disk[Symbol.asyncDispose]()
    const watch = this.#watch()
    for (const node of this.#nodes) await node.start(watch)
  }

  /** Reading is a function of the bytes, and a message keeps its bytes on all its ways. */
  #readGossip(): (bytes: Uint8Array) => GossipNews | undefined {
    const known = new WeakMap<Uint8Array, { readonly news: GossipNews | undefined }>()
    return (bytes) => {
      this.#heard += 1
      const read = known.get(bytes) ?? { news: parseNews(bytes) }
      known.set(bytes, read)
      return read.news
    }
  }

  #watch(): (node: SimNode, journal: ReplicatedJournal) => void {
    return (node, journal) => {
      journal.events.on('entry:added', (entry) => this.#see(node, entry))
      journal.events.on('incarnation:opened', () => {
        this.#incarnations += 1
      })
    }
  }

  #see(node: SimNode, entry: Entry): void {
    this.#commits += 1
    const { incarnation, seq, node: author } = entry.header
    this.#trace.update(`${this.#clock.monotonic()} ${node.index} ${author} ${incarnation} ${seq} ${entry.cid}\n`)
    if (this.#setBack.has(author)) return
    const position = `${author} ${incarnation} ${seq}`
    const known = this.#positions.get(position)
    if (known === undefined) this.#positions.set(position, entry.cid)
    else if (known !== entry.cid) this.#violations.push(`${position} changed its content`)
  }

  #steps(): readonly { readonly at: number; readonly work: () => void }[] {
    const { writes, faults, revocation } = this.#script
    const steps = [
      ...writes.map((write) => ({ at: write.at, work: () => this.#write(write) })),
      ...(revocation === undefined ? [] : [{ at: revocation.at, work: () => this.#track(this.#revoke(revocation.node)) }]),
      ...faults.map((fault) => ({ at: fault.at, work: () => this.#track(this.#inflict(fault)) })),
    ]
    return steps.toSorted((a, b) => a.at - b.at)
  }

  #track(work: Promise<void>): void {
    this.#running.push(
      work.catch((error: unknown) => {
        this.#violations.push(`a fault was not carried out: ${String(error)}`)
      }),
    )
  }

  #writeSome(index: number): void {
    for (let count = 0; count < 3; count++) this.#write({ at: 0, node: index, text: `around a restore ${this.#extraWrites++}` })
  }

  #write({ node: index, text }: SimulatedWrite): void {
    const node = this.#nodes[index]
    const journal = node?.journal
    if (node === undefined || journal === undefined) return
    const write = async (): Promise<void> => {
      const entry = await journal.append('note', { text })
      // A node stopped meanwhile promised nothing.
      if (node.journal === journal) this.#promised.set(text, { author: node.peer, cid: entry.cid, seq: entry.header.seq })
      if (node === this.#revoked?.node) this.#forbid()
    }
    this.#track(write())
  }

  async #inflict(fault: SimulatedFault): Promise<void> {
    const wait = (): Promise<void> => this.#clock.sleep(fault.forMs, { signal: new AbortController().signal })
    switch (fault.type) {
      case 'partition':
        this.#network.partition(
          [0, 1].map((group) => this.#nodes.filter((node) => fault.groupOf[node.index] === group).map((node) => node.peer)),
        )
        await wait()
        return this.#network.heal()
      case 'one-way':
        for (const index of fault.nodes) this.#muffle(index)
        await wait()
        return this.#network.heal()
      case 'noise':
        this.#network.configure({ loss: fault.loss, duplicates: fault.duplicates, jitterMs: fault.jitterMs })
        await wait()
        return this.#network.configure({ loss: 0, duplicates: 0, jitterMs: 20 })
      case 'sleep':
        for (const index of fault.nodes) this.#sleep(index)
        await wait()
        for (const index of fault.nodes) this.#wake(index)
        return
      case 'skew':
        return this.#nodes[fault.node]?.clock.skew(fault.offsetMs)
      case 'restart':
        return this.#away(fault.node, wait, undefined)
      case 'restore':
        return this.#away(fault.node, wait, { isMarked: fault.isMarked })
    }
  }

  /** Stops a node for a while; with `restore` it comes back with the disk it had some time before. */
  async #away(index: number, wait: () => Promise<void>, restore: { readonly isMarked: boolean } | undefined): Promise<void> {
    const node = this.#nodes[index]
    if (node === undefined || this.#down.has(index) || this.#asleep.has(index)) return
    this.#down.add(index)
    if (restore === undefined) {
      await node.stop()
      await wait()
    } else {
      const backup = await node.backup(restore.isMarked)
      this.#setBack.add(node.peer)
      this.#writeSome(index)
      await wait()
      await node.stop()
      await this.#setDisk(node, backup)
    }
    await node.start(this.#watch())
    // Written before anybody can say what the lost disk held: this is how a journal forks.
    if (restore !== undefined) this.#writeSome(index)
    this.#down.delete(index)
  }

  /** What only the lost disk held is no longer promised: nobody can give it back. */
  async #setDisk(node: SimNode, backup: Database): Promise<void> {
    for (const [text, { author, cid }] of this.#promised) {
      if (author !== node.peer) continue
      const hive = node.hive
      const held = (database: Database): boolean => new EntryTable(hive, database).find(cid) !== undefined
      if (!held(backup) && !this.#nodes.some((other) => other !== node && held(other.database))) this.#promised.delete(text)
    }
    const old = node.database
    node.database = backup
    await old[Symbol.asyncDispose]()
  }

  /** What a node says reaches none of those it dialled, while it hears them. */
  #muffle(index: number): void {
    const node = this.#nodes[index]
    for (const peer of node?.neighbours ?? []) if (node !== undefined) this.#network.cut(node.peer, peer)
  }

  /** The root throws a node out, after an entry that others have gone past already. It writes on as if nothing were. */
  async #revoke(index: number): Promise<void> {
    const [root, node] = [this.#nodes[0], this.#nodes[index]]
    if (root === undefined || node === undefined) throw new Error(`there is no node ${index} to throw out`)
    for (let count = 0; count < 4; count++) this.#write({ at: 0, node: index, text: `before the end ${count}` })
    const pause = (ms: number): Promise<void> => this.#clock.sleep(ms, { signal: new AbortController().signal })
    await pause(2_000)
    // The root may be away, or have heard nothing yet.
    while ((root.journal?.headOf(node.peer, 1)?.seq ?? 0) < 3) await pause(1_000)
    const lastSeq = (root.journal?.headOf(node.peer, 1)?.seq ?? 0) - 2
    await root.revoke(node.peer, { incarnation: 1, seq: lastSeq })
    this.#revoked = { node, lastSeq }
    this.#forbid()
    for (let count = 0; count < 2; count++) this.#write({ at: 0, node: index, text: `after the end ${count}` })
  }

  /** What the node that was thrown out wrote past its end is promised to nobody. */
  #forbid(): void {
    for (const [text, { author, seq }] of this.#promised) {
      if (this.#revoked === undefined || author !== this.#revoked.node.peer || seq <= this.#revoked.lastSeq) continue
      this.#promised.delete(text)
      this.#forbidden.add(text)
    }
  }

  #sleep(index: number): void {
    const node = this.#nodes[index]
    if (node === undefined || this.#down.has(index) || this.#asleep.has(index)) return
    this.#asleep.add(index)
    this.#network.sleep(node.peer)
    node.clock.suspend()
  }

  #wake(index: number): void {
    const node = this.#nodes[index]
    if (node === undefined || !this.#asleep.delete(index)) return
    this.#network.wake(node.peer)
    node.clock.resume()
  }

  /** Ends all that goes wrong. */
  async #calm(): Promise<void> {
    this.#network.heal()
    this.#network.configure({ loss: 0, duplicates: 0, jitterMs: 20 })
    for (const index of this.#asleep) this.#wake(index)
    await this.#clock.settle()
  }
}
