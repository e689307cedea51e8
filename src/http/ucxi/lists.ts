import type { FastifyReply } from 'fastify'
import type { JsonObject } from '../../lib/json.ts'
import type { UcxiCall } from './call.ts'
import { readPage, readParameters } from './call.ts'
import { formatFound, formatPosition, formatStep, formatVersion } from './documents.ts'
import { sendSuccess } from './envelope.ts'
import { readConcrete, readOne, readPattern, readTemporal } from './read-address.ts'
import { parsePayload } from './read-json.ts'
import { loadShapes } from './shapes.ts'
import type { UcxiPage } from './ucxi.ts'

/** `GET /versions`: newest first. */
export async function answerVersions(call: UcxiCall): Promise<FastifyReply> {
  const { address = '', ...page } = readParameters(call.request, ['address', 'limit', 'cursor'])
  return sendPage(call, call.store.versions(readOne(address), readPage(page)), formatVersion)
}

/** `GET /discover`: resources that a pattern means. */
export async function answerDiscover(call: UcxiCall): Promise<FastifyReply> {
  const { pattern = '', ...page } = readParameters(call.request, ['pattern', 'limit', 'cursor'])
  return sendPage(call, call.store.discover(readPattern(pattern), readPage(page)), formatFound)
}

/** `POST /query`. */
export async function answerQuery(call: UcxiCall): Promise<FastifyReply> {
  readParameters(call.request, [])
  const { pattern, since, ...request } = parsePayload((await loadShapes()).query, call.request.body)
  const page = call.store.query({ ...request, pattern: readPattern(pattern), since: since === undefined ? undefined : Date.parse(since) })
  return sendPage(call, page, formatFound)
}

/** `POST /navigate`: moves a session. */
export async function answerNavigate(call: UcxiCall): Promise<FastifyReply> {
  readParameters(call.request, [])
  const { address, temporal, session } = parsePayload((await loadShapes()).navigate, call.request.body)
  const place = call.store.navigate(readConcrete(address), readTemporal(temporal), session)
  const data = { ...formatVersion(place.version), ...formatPosition(place), session: place.session, steps: place.steps.map(formatStep) }
  return sendSuccess(call.reply, { status: 200, message: 'the session moved', data }, call.mark)
}

function sendPage<Item>(call: UcxiCall, page: UcxiPage<Item>, format: (item: Item) => JsonObject): Promise<FastifyReply> {
  const details = { count: page.items.length, cursor: page.cursor ?? null }
  const message = page.items.length === 1 ? '1 item' : `${page.items.length} items`
  return sendSuccess(call.reply, { status: 200, message, data: { items: page.items.map(format) }, details }, call.mark)
}
