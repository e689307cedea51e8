import type { FastifyInstance } from 'fastify'
import { httpFaults } from './faults.ts'

/** A file of a static registry, as it is shown. */
export interface ShownFile {
  readonly etag: string
  readonly size: number
  readonly type: string
  /** To be read to its end, or destroyed. */
  readonly open: () => NodeJS.ReadableStream
}

/** Finds a file of the registry this node shows, by its path in it; undefined for what it does not have. */
export type FindShown = (path: string) => Promise<ShownFile | undefined>

/** Where the registry is shown: without a token, for it holds nothing that is not signed for everybody. */
export const registryPrefix = '/registry/'

/** The packages of this node as a static registry. */
export function createRegistryRoutes(instance: FastifyInstance, find: FindShown): void {
  instance.get<{ Params: { '*': string } }>(`${registryPrefix}*`, async (request, reply) => {
    const path = request.params['*']
    const found = await find(path)
    if (found === undefined)
      throw httpFaults.create('ROUTE_UNKNOWN', { message: `the registry has no ${path.slice(0, 200)}`, data: { path: path.slice(0, 200) } })
    void reply.header('etag', found.etag).type(found.type)
    if (request.headers['if-none-match'] === found.etag) return reply.code(304).send()
    return reply.header('content-length', found.size).send(found.open())
  })
}
