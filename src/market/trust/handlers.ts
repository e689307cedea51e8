import type { HandlersOf } from '../../operations/define-operation.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import { describePackage, describeVersions } from './describe.ts'
import type { trustOperations } from './operations.ts'

/** What answers the operations about who stands behind packages. `asking` also asks registries: for what is shown, not for what is said. */
export function createTrustHandlers(
  deps: MarketDeps & { readonly options: MarketOptions },
  asking: MarketDeps & { readonly options: MarketOptions },
): HandlersOf<typeof trustOperations> {
  return {
    'marketplace.info': (input, context) => describePackage(asking, input, context),
    'marketplace.versions': (input, context) => describeVersions(asking, input.package, context),
    'marketplace.audit': async (input, context) => (await import('./audit.ts')).auditPlace(asking, input, context),
    'marketplace.yank': async (input, context) => {
      const { yankVersion } = await import('./edit.ts')
      return yankVersion(deps, input, context)
    },
    'marketplace.deprecate': async (input, context) => {
      const { deprecatePackage } = await import('./edit.ts')
      return deprecatePackage(deps, input, context)
    },
    'marketplace.tag': async (input, context) => {
      const { tagVersion } = await import('./edit.ts')
      return tagVersion(deps, input, context)
    },
    'marketplace.owner': async (input, context) => {
      const { changeOwner } = await import('./edit.ts')
      return changeOwner(deps, input, context)
    },
  }
}
