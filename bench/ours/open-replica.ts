import { join } from 'node:path'
import { defaultConfig } from '../../src/config/load.ts'
import type { PeerId, SigningKey } from '../../src/identity/keys.ts'
import type { ReplicatedJournal } from '../../src/journal/journal.ts'
import { openReplication } from '../../src/journal/replication.ts'
import { systemChance } from '../../src/lib/chance.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { Host } from '../../src/network/host.ts'
import { openBenchJournal } from './open-journal.ts'

/** A journal that keeps itself equal with those of the peers of its host. */
export interface Replica extends AsyncDisposable {
  readonly journal: ReplicatedJournal
  /** Resolves when the author's first incarnation is here up to `seq`. */
  readonly untilHas: (author: PeerId, seq: number) => Promise<void>
}

/** Opens a journal in a folder and its replication over a host, which stays the caller's. */
export async function openReplica(host: Host, key: SigningKey, folder: string): Promise<Replica> {
  const { journal: options } = await defaultConfig()
  await using stack = new AsyncDisposableStack()
  const { journal } = stack.use(await openBenchJournal(join(folder, 'althing.sqlite'), key))
  stack.use(openReplication({ journal, host, clock: systemClock, chance: systemChance, log: silentLog }, options))
  const owned = stack.move()
  const untilHas = async (author: PeerId, seq: number): Promise<void> => {
    const done = Promise.withResolvers<void>()
    const look = (): void => {
      if ((journal.headOf(author, 1)?.seq ?? 0) >= seq) done.resolve()
    }
    const stop = journal.events.on('entry:added', ({ header }) => {
      if (header.node === author && header.seq >= seq) look()
    })
    look()
    await done.promise
    stop()
  }
  return { journal, untilHas, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Appends small records until the journal's first incarnation has `count` entries. */
export async function fillJournal(journal: ReplicatedJournal, count: number, bodyBytes: number): Promise<void> {
  const bytes = new Uint8Array(bodyBytes - 16)
  await journal.append('certificate', {})
  await Promise.all(Array.from({ length: count - 1 }, (_, n) => journal.append('bench', { n, bytes })))
}
