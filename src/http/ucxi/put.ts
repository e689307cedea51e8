import type { FastifyReply } from 'fastify'
import { Fault } from '../../lib/fault.ts'
import { httpFaults } from '../faults.ts'
import type { UcxiCall } from './call.ts'
import { readHeader, readParameters, refuseParameter } from './call.ts'
import { formatStored } from './documents.ts'
import { sendSuccess } from './envelope.ts'
import { readConcrete } from './read-address.ts'
import { readContent } from './read-content.ts'
import { formatEtag, readCondition } from './rules/conditions.ts'
import { readPreferences } from './rules/read-prefer.ts'
import type { UcxiCondition, UcxiStored } from './ucxi.ts'

/** Most roles and owners that one version is sealed for. */
const maxTargets = 32

/** `PUT /put`: adds a version. */
export async function answerPut(call: UcxiCall): Promise<FastifyReply> {
  return sendStored(call, await put(call, conditionOf(call)), 'the version is on disk')
}

/** `POST /post`: adds the first version of a resource that is not there. */
export async function answerPost(call: UcxiCall): Promise<FastifyReply> {
  if (conditionOf(call)?.is === 'content') throw refuseParameter('if-match', 'there is nothing yet that POST could replace; use PUT')
  try {
    return sendStored(call, await put(call, { is: 'absent' }), 'the resource was made')
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'CONDITION_FAILED')) throw error
    throw httpFaults.create('UCXI_RESOURCE_EXISTS', {
      message: 'the resource exists already; PUT adds a version',
      data: error.data,
      cause: error,
    })
  }
}

/** `DELETE /delete`: adds a version that says that there is nothing. */
export async function answerDelete(call: UcxiCall): Promise<FastifyReply> {
  const { address = '' } = readParameters(call.request, ['address'])
  const deleted = await call.store.delete(readConcrete(address), { signal: call.signal, condition: conditionOf(call) })
  return sendStored(call, deleted, 'the deletion is on disk; earlier versions stay readable')
}

async function put(call: UcxiCall, condition: UcxiCondition | undefined): Promise<UcxiStored> {
  const { address = '' } = readParameters(call.request, ['address'])
  // before a byte of the body is read
  const target = readConcrete(address)
  const { replicas, waitSeconds } = readPreferences(readHeader(call.request, 'prefer'))
  const sealFor = readTargets(call)
  const content = await readContent(call)
  const waitMs = waitSeconds === undefined ? undefined : waitSeconds * 1_000
  const stored = await call.store.put({ address: target, condition, replicas, waitMs, sealFor, ...content }, { signal: call.signal })
  const applied = [
    ...(replicas === undefined ? [] : [`replicas=${replicas}`]),
    ...(waitSeconds === undefined ? [] : [`wait=${waitSeconds}`]),
  ]
  if (applied.length > 0) void call.reply.header('preference-applied', applied.join(', '))
  return stored
}

/** `UCXL-For: role:NAME, @HANDLE`: whom the content is sealed for. Empty, the request is refused: what was meant to be sealed is not stored in the clear. */
function readTargets({ request }: UcxiCall): readonly string[] | undefined {
  const header = readHeader(request, 'ucxl-for')
  if (header === undefined) return undefined
  const targets = header.split(',').map((target) => target.trim())
  if (targets.length > maxTargets || targets.includes(''))
    throw refuseParameter('ucxl-for', `one to ${maxTargets} of role:NAME and @HANDLE, with commas between; nothing was stored`)
  return targets
}

function conditionOf({ request }: UcxiCall): UcxiCondition | undefined {
  const condition = readCondition(readHeader(request, 'if-match'), readHeader(request, 'if-none-match'))
  if (typeof condition === 'string') throw refuseParameter('if-match', condition)
  return condition
}

async function sendStored({ reply, mark }: UcxiCall, stored: UcxiStored, message: string): Promise<FastifyReply> {
  void reply.header('ucxl-address', stored.address).header('ucxl-version', stored.version).header('ucxl-writer', stored.writer)
  if (stored.cid !== null) void reply.header('etag', formatEtag(stored.cid))
  return sendSuccess(reply, { status: stored.status === 'created' ? 201 : 200, message, data: formatStored(stored) }, mark)
}
