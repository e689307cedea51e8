import type { FastifyReply } from 'fastify'
import { parseCid } from '../../lib/cid.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { UcxiCall } from './call.ts'
import { readPage, readParameters } from './call.ts'
import { formatAnnounced, formatFound, formatPosition, formatStep, formatVersion } from './documents.ts'
import { sendSuccess } from './envelope.ts'
import { readConcrete, readOne, readPattern, readTemporal } from './read-address.ts'
import { parsePayload, refusePayload } from './read-json.ts'
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

/** `POST /announce`: tells members that this node provides the newest version. */
export async function answerAnnounce(call: UcxiCall): Promise<FastifyReply> {
  readParameters(call.request, [])
  const { address, content } = parsePayload((await loadShapes()).announce, call.request.body)
  const checksum = content?.checksum === undefined ? undefined : parseCid(content.checksum)
  if (content?.checksum !== undefined && checksum === undefined) throw refusePayload('content.checksum', 'no name of content')
  const request = { address: readConcrete(address), mediaType: content?.contentType, metadata: content?.metadata, checksum }
  const announced = await call.store.announce(request, { signal: call.signal })
  const message = announced.status === 'announced' ? 'members are told' : 'members are told again'
  return sendSuccess(call.reply, { status: 202, message, data: formatAnnounced(announced) }, call.mark)
}

function sendPage<Item>(call: UcxiCall, page: UcxiPage<Item>, format: (item: Item) => JsonObject): Promise<FastifyReply> {
  const details = { count: page.items.length, cursor: page.cursor ?? null }
  const message = page.items.length === 1 ? '1 item' : `${page.items.length} items`
  return sendSuccess(call.reply, { status: 200, message, data: { items: page.items.map(format) }, details }, call.mark)
}
