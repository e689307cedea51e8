import type { UcxiHandler } from './call.ts'
import { readParameters } from './call.ts'
import { sendSuccess } from './envelope.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { UcxiCopies, UcxiDeps } from './ucxi.ts'

/** `GET /status`: what this node keeps, and how it is set. */
export function createStatus({ clock }: UcxiDeps): UcxiHandler {
  const openedAt = clock.monotonic()
  return async ({ request, reply, store, mark, options }) => {
    readParameters(request, [])
    const { resources, versions, deleted, contested, sessions, agents, copies, announced, resolver } = store.status()
    const { maxContentBytes, maxJsonBytes, maxSubscriptions } = options
    const data = {
      configuration: { maxContentBytes, maxJsonBytes, maxSubscriptions },
      store: { resources, versions, deleted, contested },
      copies: copies === undefined ? null : formatCopies(copies),
      peers: copies === undefined ? null : { members: copies.members },
      announced: { own: announced.own, known: announced.known },
      resolver: resolver === undefined ? null : { ...resolver },
      agents,
      sessions,
      uptimeMs: Math.round(clock.monotonic() - openedAt),
    }
    return sendSuccess(reply, { status: 200, message: 'UCXI answers', data }, mark)
  }
}

function formatCopies({ target, below, isChecking }: UcxiCopies): JsonObject {
  return { target, below, checking: isChecking }
}
