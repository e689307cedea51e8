import type { UcxiHandler } from './call.ts'
import { readParameters } from './call.ts'
import { sendSuccess } from './envelope.ts'
import type { UcxiDeps } from './ucxi.ts'

/** `GET /status`: what this node keeps, and how it is set. */
export function createStatus({ clock }: UcxiDeps): UcxiHandler {
  const openedAt = clock.monotonic()
  return async ({ request, reply, store, mark, options }) => {
    readParameters(request, [])
    const { resources, versions, deleted, contested, sessions, agents } = store.status()
    const { maxContentBytes, maxJsonBytes, maxSubscriptions } = options
    const data = {
      configuration: { maxContentBytes, maxJsonBytes, maxSubscriptions },
      store: { resources, versions, deleted, contested },
      agents,
      sessions,
      uptimeMs: Math.round(clock.monotonic() - openedAt),
    }
    return sendSuccess(reply, { status: 200, message: 'UCXI answers', data }, mark)
  }
}
