import type { HandlersOf } from '../operations/define-operation.ts'
import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { announcedOf, eventOf, statusOf } from './answers.ts'
import type { ContextEvent, ContextStore } from './context.ts'
import { readAddress, readChecksum } from './inputs.ts'
import type { contextOperations } from './operations.ts'

type Handlers = HandlersOf<typeof contextOperations>

export interface TellingHandlerDeps {
  readonly clock: Clock
  /** The context of the hive a caller named, or of the current one. @throws when there is none */
  readonly findContext: (hive: string | undefined) => ContextStore
}

/** What tells others, and what tells of others: announcements, events, and how things stand. */
export function createTellingHandlers(deps: TellingHandlerDeps): Pick<Handlers, 'context.watch' | 'context.announce' | 'context.status'> {
  return {
    'context.watch': async ({ pattern, after, wait }, { hive, signal }) => {
      const late = withDeadline(deps.clock, wait * 1000, signal)
      const items: ContextEvent[] = []
      const stop = new AbortController()
      const until = AbortSignal.any([late, stop.signal])
      for await (const event of deps.findContext(hive).watch(readAddress(pattern, 'pattern'), { signal: until, after })) {
        items.push(event)
        // what was committed together is told together
        setImmediate(() => stop.abort())
      }
      signal.throwIfAborted()
      return {
        items: items.map(eventOf),
        after: items.at(-1)?.id ?? after ?? null,
      }
    },
    'context.announce': async ({ address, checksum }, { hive, signal }) => {
      const context = deps.findContext(hive)
      const request = { address: readAddress(address, 'address'), checksum: checksum === undefined ? undefined : readChecksum(checksum) }
      return announcedOf(await context.announce(request, { signal }))
    },
    'context.status': async (_input, { hive }) => statusOf(deps.findContext(hive).status()),
  }
}
