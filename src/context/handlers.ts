import type { HandlersOf } from '../operations/define-operation.ts'
import { Fault } from '../lib/fault.ts'
import type { Address } from '../ucxl/ucxl.ts'
import { formatInstant, formatResource } from '../ucxl/ucxl.ts'
import { answerOf, foundOf, storedOf } from './answers.ts'
import { openBody, readSmall, writeOut } from './bodies.ts'
import type { ContextDeps, ContextStore, StoredVersion } from './context.ts'
import { contextFaults } from './faults.ts'
import { readAddress, readCondition, readInstant, readMeta, readOne, readTemporal } from './inputs.ts'
import { guessMediaType } from './rules/media-types.ts'
import type { contextOperations } from './operations.ts'
import { createTellingHandlers } from './telling-handlers.ts'

export interface ContextHandlerDeps extends Pick<ContextDeps, 'clock' | 'chance' | 'isTransient'> {
  /** The context of the hive a caller named, or of the current one. @throws when there is none */
  readonly findContext: (hive: string | undefined) => ContextStore
}

type Handlers = HandlersOf<typeof contextOperations>
type WriteInput = Parameters<Handlers['context.post']>[0] & { readonly ifMatch?: string | undefined; readonly ifAbsent?: boolean }

interface WriteCall {
  readonly hive: string | undefined
  readonly signal: AbortSignal
}

/** What answers the operations of context. */
export function createContextHandlers(deps: ContextHandlerDeps): Handlers {
  const write = (input: WriteInput, call: WriteCall): Promise<StoredVersion> => writeBody(deps, input, call)
  return {
    ...createTellingHandlers(deps),
    'context.put': async (input, context) => storedOf(await write(input, context), deps),
    'context.post': async (input, context) => {
      try {
        return storedOf(await write({ ...input, ifAbsent: true }, context), deps)
      } catch (error) {
        throw refuseExisting(error, readAddress(input.address, 'address')) ?? error
      }
    },
    'context.get': async ({ address: text, at, out, session }, { hive, signal }) => {
      const read = await deps.findContext(hive).get(readOne(text, at), { signal, session })
      if (out !== undefined) await writeOut(out, read.open(), deps.chance)
      const content = out === undefined ? await readSmall(read) : undefined
      return {
        ...answerOf(read),
        first: read.first,
        last: read.last,
        knownUntil: formatInstant(read.knownUntil),
        content: content?.text ?? null,
        encoding: content?.encoding ?? 'utf-8',
        out: out ?? null,
      }
    },
    'context.delete': async ({ address, ifMatch }, { hive, signal }) => {
      const condition = readCondition({ ifMatch })
      return storedOf(await deps.findContext(hive).delete(readAddress(address, 'address'), { signal, condition }), deps)
    },
    'context.versions': async ({ address, ...page }, { hive }) => {
      const { items, cursor } = deps.findContext(hive).versions(readOne(address), page)
      return { items: items.map(answerOf), cursor: cursor ?? null }
    },
    'context.navigate': async ({ address, temporal, session: id }, { hive }) => {
      const moved = deps.findContext(hive).navigate(readOne(address), readTemporal(temporal), id)
      const { version, session, first, last, knownUntil } = moved
      const steps = moved.steps.map(({ at, error, ...step }) => ({ ...step, at: formatInstant(at), error: error ?? null }))
      return { ...answerOf(version), session, first, last, knownUntil: formatInstant(knownUntil), steps }
    },
    'context.discover': async ({ pattern, ...page }, { hive }) =>
      foundOf(deps.findContext(hive).discover(readAddress(pattern, 'pattern'), page)),
    'context.query': async ({ pattern, text, meta, since, ...page }, { hive }) => {
      const filter = { metadata: readMeta(meta), since: since === undefined ? undefined : readInstant(since) }
      return foundOf(deps.findContext(hive).query({ pattern: readAddress(pattern, 'pattern'), text, ...filter, ...page }))
    },
    'context.reseal': async ({ address, all }, { hive, signal }) => {
      if ((address !== undefined) === all) throw unclearReseal()
      const context = deps.findContext(hive)
      const { resealed, current, failed } = await context.reseal(address === undefined ? undefined : readAddress(address, 'address'), {
        signal,
      })
      return { resealed: resealed.map((one) => ({ ...one })), current, failed: failed.map((one) => ({ ...one })) }
    },
    'context.rekey': async (_input, { hive }) => {
      const { epoch, recipient } = await deps.findContext(hive).rekey()
      return { epoch, recipient }
    },
  }
}

/** Writes what a caller gave as content. */
async function writeBody({ findContext }: ContextHandlerDeps, input: WriteInput, { hive, signal }: WriteCall): Promise<StoredVersion> {
  const { text, meta, for: sealFor, replicas } = input
  const address = readAddress(input.address, 'address')
  const mediaType = input.type ?? guessMediaType(address.path, { isText: text !== undefined })
  const condition = readCondition(input)
  await using body = await openBody(input)
  const { chunks, size } = body
  const request = { address, body: chunks, size, mediaType, metadata: readMeta(meta), condition, sealFor, replicas }
  // awaited here: the file is open until the body was taken
  return await findContext(hive).put(request, { signal })
}

function unclearReseal(): Error {
  return contextFaults.create('RESEAL_WHAT', {
    message: 'give an address to seal that anew, or --all for everything this node writes; one of them',
  })
}

/** What a failed condition means to who wanted something new. */
function refuseExisting(error: unknown, address: Address): Error | undefined {
  if (!(error instanceof Fault) || error.code !== 'CONDITION_FAILED') return undefined
  const resource = formatResource(address)
  return contextFaults.create('RESOURCE_EXISTS', {
    message: `${resource} exists; write its next version with \`althing context put\``,
    data: { resource, version: error.data['version'] ?? null },
    cause: error,
  })
}
