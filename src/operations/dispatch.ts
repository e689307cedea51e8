import { isTimeout } from '../lib/deadline.ts'
import { describeError } from '../lib/fault.ts'
import { findNearest } from '../lib/nearest.ts'
import type { CallContext, Operation } from './define-operation.ts'
import { operationFaults } from './faults.ts'
import type { Althing } from './node-api.ts'
import { parseInput } from './parse-input.ts'

/** Handlers by operation name, as `HandlersOf<…>` gives them for a list of declarations. */
export type HandlerTable = Readonly<Record<string, (input: never, context: CallContext) => Promise<unknown>>>

/** The `call` of a node: finds the operation, parses the input by its declaration, runs the handler. */
export function createDispatcher(operations: readonly Operation[], handlers: HandlerTable): Althing['call'] {
  const known = new Map(operations.map((operation) => [operation.name, operation]))
  return async (name, input, { signal, hive, report }) => {
    const operation = known.get(name)
    if (operation === undefined) throw unknownOperation(name, known.keys())
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined
    if (handler === undefined) {
      throw operationFaults.create('OPERATION_UNAVAILABLE', { message: `this node does not serve ${name}`, data: { name } })
    }
    signal.throwIfAborted()
    // The one place where parsed input meets the handler's type: both follow from the same declaration.
    const parsed = parseInput(operation, input) as never
    try {
      return await handler(parsed, { signal, hive, report: report ?? (() => {}) })
    } catch (error) {
      // A deadline inside the work, not the caller's own: what waited there knows nobody to tell.
      throw isTimeout(error) && !signal.aborted ? late(name, error) : error
    }
  }
}

function late(name: string, cause: unknown): Error {
  const message = `${name} was not done: ${describeError(cause)}. Whoever it needs may be gone or busy; try again`
  return operationFaults.create('OPERATION_LATE', { message, data: { name }, cause })
}

function unknownOperation(name: string, names: Iterable<string>): Error {
  const nearest = findNearest(name, names)
  const clipped = name.slice(0, 60)
  const hint = nearest === undefined ? 'See docs/reference/commands.md for all of them.' : `Did you mean ${nearest}?`
  return operationFaults.create('OPERATION_UNKNOWN', {
    message: `there is no operation ${JSON.stringify(clipped)}. ${hint}`,
    data: { name: clipped, nearest: nearest ?? null },
  })
}
