import { within } from '../content/within.ts'
import type { HandlersOf } from '../operations/define-operation.ts'
import type { Clock } from '../lib/clock.ts'
import { announcedOf, eventOf, statusOf } from './answers.ts'
import type { ContextStore } from './context.ts'
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
      const context = deps.findContext(hive)
      const next = await within(deps.clock, { ms: wait * 1000, signal }, (waiting) =>
        context.nextEvents(readAddress(pattern, 'pattern'), { signal: waiting, after }),
      )
      signal.throwIfAborted()
      return { items: next.items.map(eventOf), after: next.after }
    },
    'context.announce': async ({ address, checksum }, { hive, signal }) => {
      const context = deps.findContext(hive)
      const request = { address: readAddress(address, 'address'), checksum: checksum === undefined ? undefined : readChecksum(checksum) }
      return announcedOf(await context.announce(request, { signal }))
    },
    'context.status': async (_input, { hive }) => statusOf(deps.findContext(hive).status()),
  }
}
