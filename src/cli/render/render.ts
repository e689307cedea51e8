import type { Style } from '../screen.ts'
import { renderBlocked, renderNamed, renderStance } from './commons.ts'
import {
  isOnlyCopy,
  isSealedWrong,
  renderAnnounced,
  renderContextVersions,
  renderNavigated,
  renderRead,
  renderResealed,
  renderResources,
  renderStored,
  renderWatched,
} from './context.ts'
import { renderContextStatus } from './context-status.ts'
import { renderGeneric } from './generic.ts'
import { renderHives, renderInvite, renderMembers, renderPeers } from './hives.ts'
import {
  renderChanged,
  renderCleaned,
  renderInstalled,
  renderListed,
  renderOutdated,
  renderVerifiedPackages,
  renderWhy,
} from './installed.ts'
import { renderBudget, renderModelKey, renderModels } from './models.ts'
import { renderFound } from './packages.ts'
import { renderInitialized, renderPublished } from './publishing.ts'
import { readFields } from './read.ts'
import { registryRenderers } from './registries.ts'
import {
  renderAccepted,
  renderBackup,
  renderBootstrap,
  renderCertified,
  renderCreated,
  renderEnrollment,
  renderExported,
  renderGranted,
  renderImported,
  renderJoined,
  renderLeft,
  renderNode,
  renderNodeRevoked,
  renderOptimized,
  renderOwner,
  renderPeer,
  renderRestored,
  renderRevoked,
  renderRoot,
  renderRotated,
  renderUsed,
} from './sentences.ts'
import { renderStatus } from './status.ts'
import { isWhollyMended, renderCollected, renderStats, renderStopped, renderVerified } from './store.ts'
import { taskRenderers } from './tasks.ts'
import { renderAudit, renderInfo, renderSaid, renderVersions } from './trust.ts'
import { renderApproval, renderWorker, renderWorkerStopped, renderWorkerEnd } from './workers.ts'

/** How one operation's answer looks to a person; undefined when the answer is not of the shape it knows. */
export type Renderer = (output: unknown, style: Style) => string | undefined

/** The answers that have a look of their own. */
const renderers: Readonly<Record<string, Renderer>> = {
  ...registryRenderers,
  ...taskRenderers,
  'worker.start': renderWorkerEnd,
  'worker.approve': renderApproval,
  'worker.status': renderWorker,
  'worker.stop': renderWorkerStopped,
  'worker.pause': renderWorker,
  'worker.resume': renderWorker,
  'p2p.status': renderStatus,
  'p2p.peers': renderPeers,
  'p2p.peer': renderPeer,
  'p2p.bootstrap': renderBootstrap,
  'p2p.publish': renderPublished,
  'p2p.search': renderFound,
  'marketplace.init': renderInitialized,
  'marketplace.publish': renderPublished,
  'marketplace.search': renderFound,
  'marketplace.install': renderInstalled,
  'marketplace.update': renderChanged,
  'marketplace.remove': renderChanged,
  'marketplace.list': renderListed,
  'marketplace.outdated': renderOutdated,
  'marketplace.why': renderWhy,
  'marketplace.verify': renderVerifiedPackages,
  'marketplace.clean': renderCleaned,
  'marketplace.info': renderInfo,
  'marketplace.versions': renderVersions,
  'marketplace.audit': renderAudit,
  'marketplace.yank': renderSaid,
  'marketplace.deprecate': renderSaid,
  'marketplace.tag': renderSaid,
  'marketplace.owner': renderSaid,
  'marketplace.follow': renderStance,
  'marketplace.unfollow': renderStance,
  'marketplace.block': renderStance,
  'marketplace.unblock': renderStance,
  'marketplace.blocked': renderBlocked,
  'owner.name': renderNamed,
  'context.put': renderStored,
  'context.post': renderStored,
  'context.delete': renderStored,
  'context.get': renderRead,
  'context.navigate': renderNavigated,
  'context.announce': renderAnnounced,
  'context.watch': renderWatched,
  'context.versions': renderContextVersions,
  'context.discover': renderResources,
  'context.query': renderResources,
  'context.reseal': renderResealed,
  'context.status': renderContextStatus,
  'model.list': renderModels,
  'model.budget': renderBudget,
  'model.key': renderModelKey,
  'p2p.stop': renderStopped,
  'store.stats': renderStats,
  'store.verify': renderVerified,
  'store.gc': renderCollected,
  'store.optimize': renderOptimized,
  'backup.create': renderBackup,
  'backup.restore': renderRestored,
  'hive.create': renderCreated,
  'hive.join': renderJoined,
  'hive.use': renderUsed,
  'hive.leave': renderLeft,
  'hive.grant': renderGranted,
  'hive.revoke': renderRevoked,
  'hive.root': renderRoot,
  'owner.show': renderOwner,
  'owner.export': renderExported,
  'owner.import': renderImported,
  'owner.rotate': renderRotated,
  'node.show': renderNode,
  'node.certify': renderCertified,
  'node.enroll': renderEnrollment,
  'node.accept': renderAccepted,
  'node.revoke': renderNodeRevoked,
  'hive.invite': renderInvite,
  'hive.list': renderHives,
  'hive.members': renderMembers,
}

/** The text of an answer, without a line end. */
export function render(name: string, output: unknown, style: Style): string {
  const renderer = Object.hasOwn(renderers, name) ? renderers[name] : undefined
  return renderer?.(output, style) ?? renderGeneric(output, style)
}

/**
 * Whether an answer says that all is not well: something published by a command that leaves, with no copy anywhere else; a store that is
 * damaged and was not mended.
 */
export function isIncomplete(name: string, output: unknown): boolean {
  if (name === 'store.verify') return isUnsound(output)
  if (name === 'context.reseal') return isSealedWrong(output)
  if (name === 'context.put' || name === 'context.post') return isOnlyCopy(output)
  if (name !== 'p2p.publish' && name !== 'marketplace.publish') return false
  const fields = readFields(output)
  return fields.isTrue('leaving') && fields.record('copies').count('confirmed') === 0
}

function isUnsound(output: unknown): boolean {
  const answer = readFields(output)
  return answer.has('isSound') && !answer.isTrue('isSound') && !isWhollyMended(output)
}
