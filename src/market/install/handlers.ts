import type { CallContext, HandlersOf } from '../../operations/define-operation.ts'
import { operationFaults } from '../../operations/faults.ts'
import type { McpConfiguration } from '../manifest/mcp.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import { trustKinds } from '../rules/trust.ts'
import type { ChangeOutcome, ChangeRequest } from './install.ts'
import type { installOperations } from './operations.ts'
import type { ChangeReport } from './report.ts'
import type { Acceptance } from './set-plan.ts'

type Handlers = HandlersOf<typeof installOperations>
type ChangeAnswer = Awaited<ReturnType<Handlers['marketplace.install']>>

const nothingAccepted: Acceptance = { kinds: [], reason: '' }

/** What answers the operations on what is installed. What reads and writes archives is loaded when it is first asked for. */
export function createInstallHandlers(deps: MarketDeps & { readonly options: MarketOptions }): Handlers {
  const change = async (request: ChangeRequest, context: CallContext): Promise<ChangeAnswer> => {
    const [{ changePlace }, { reportChange }] = await Promise.all([import('./install.ts'), import('./report.ts')])
    const outcome = await changePlace(deps, request, context)
    return { ...toAnswer(reportChange(deps, outcome)), mcp: await findBroughtServers(deps, outcome, context) }
  }
  return {
    'marketplace.install': async ({ packages, force, noDependencies, dryRun, frozen, offline, accept, reason, ...place }, context) => {
      const wish = { kind: 'install', packages, isIsolated: noDependencies } as const
      const how = { isForced: force, isDryRun: dryRun, isFrozen: frozen, isOffline: offline }
      return change({ ...place, ...how, wish, accept: readAcceptance(accept, reason) }, context)
    },
    'marketplace.update': async ({ packages, check, dryRun, offline, accept, reason, ...place }, context) => {
      const how = { isForced: false, isDryRun: dryRun || check, isFrozen: false, isOffline: offline }
      return change({ ...place, ...how, wish: { kind: 'update', packages }, accept: readAcceptance(accept, reason) }, context)
    },
    'marketplace.remove': async ({ packages, dryRun, ...place }, context) => {
      const how = { isForced: false, isDryRun: dryRun, isFrozen: false, isOffline: true }
      return change({ ...place, ...how, wish: { kind: 'remove', packages }, accept: nothingAccepted }, context)
    },
    'marketplace.list': async (input, context) => (await import('./list.ts')).listInstalled(deps, input, context),
    'marketplace.outdated': async (input, context) => (await import('./outdated.ts')).findOutdated(deps, input, context),
    'marketplace.why': async (input, context) => (await import('./why.ts')).explainPackage(deps, input, context),
    'marketplace.verify': async (input, context) => (await import('./verify.ts')).verifyPlace(deps, input, context),
    'marketplace.clean': async (input, context) => (await import('./clean.ts')).cleanPlace(deps, input, context),
  }
}

/** @throws Fault INPUT_INVALID */
function readAcceptance(accept: readonly string[], reason: string | undefined): Acceptance {
  const kinds = accept.map((text) => {
    const kind = trustKinds.find((known) => known === text)
    if (kind === undefined)
      throw refuse('accept', `${JSON.stringify(text.slice(0, 40))} is nothing that can be accepted. There are: ${trustKinds.join(', ')}`)
    return kind
  })
  if (kinds.length > 0 && (reason ?? '').trim() === '')
    throw refuse('reason', 'what is accepted needs a reason, which is kept in the lock: --reason "why"')
  return { kinds, reason: (reason ?? '').replaceAll(/\s+/g, ' ').trim() }
}

function refuse(field: string, message: string): Error {
  return operationFaults.create('INPUT_INVALID', { message, data: { field, allowed: [...trustKinds] } })
}

/** Of what was placed, or was named and is there. */
async function findBroughtServers(
  { options }: { readonly options: MarketOptions },
  { place, packages, isDryRun }: ChangeOutcome,
  { signal }: CallContext,
): Promise<McpConfiguration | null> {
  const brought = isDryRun ? [] : packages.filter(({ isPlaced, planned }) => isPlaced || planned.isNamed)
  if (brought.length === 0) return null
  const [{ findServers }, { targetsOf }] = await Promise.all([import('../mcp/installed-servers.ts'), import('./targets.ts')])
  const folders = brought.flatMap(({ planned: { locked, release } }) =>
    release === undefined ? [] : [{ path: targetsOf(place, locked)[0], manifest: release.manifest }],
  )
  return findServers(folders, { maxManifestBytes: options.maxManifestBytes, signal })
}

function toAnswer(report: ChangeReport): Omit<ChangeAnswer, 'mcp'> {
  return {
    ...report,
    packages: report.packages.map((row) => ({
      ...row,
      alsoAt: [...row.alsoAt],
      providers: [...row.providers],
      changed: row.changed && [...row.changed],
      beside: [...row.beside],
      leftOut: row.leftOut.map(({ name, range }) => ({ name, range })),
      unmet: row.unmet.map(({ name, range }) => ({ name, range })),
    })),
    removed: [...report.removed],
    notes: [...report.notes],
  }
}
