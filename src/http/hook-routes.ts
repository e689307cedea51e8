import type { FastifyInstance } from 'fastify'
import { httpFaults } from './faults.ts'

/** What came to the address of a webhook. Anybody may have sent it. */
export interface HookRequest {
  /** A header by its name in small letters. */
  readonly header: (name: string) => string | undefined
  /** Raw, as it came over the wire. */
  readonly body: Uint8Array
}

/** Hears what came to the address of a project. */
export type ReceiveHook = (project: string, request: HookRequest) => Promise<'heard' | 'repeated' | 'refused'>

/** Where webhooks come: without a token and under any host, for a forge has neither, and what counts is the signature. */
export const hookPrefix = '/hooks/'

/** Webhooks of forges, each at the name of its project. */
export function createHookRoutes(instance: FastifyInstance, receive: ReceiveHook): void {
  void instance.register(async (scope) => {
    // the signature is over the bytes, in whatever type they are said to be
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.post<{ Params: { '*': string } }>(`${hookPrefix}*`, async (request, reply) => {
      const { headers, body } = request
      const header = (name: string): string | undefined => {
        const value = Object.hasOwn(headers, name) ? headers[name] : undefined
        return typeof value === 'string' ? value : undefined
      }
      const status = await receive(request.params['*'], { header, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) })
      if (status === 'refused')
        throw httpFaults.create('HOOK_REFUSED', {
          message:
            'no webhook of that project is kept here, or this one is not signed with its secret; `althing project hook PROJECT` says what to put into the forge',
        })
      return reply.code(status === 'heard' ? 202 : 200).send({ status })
    })
  })
}
