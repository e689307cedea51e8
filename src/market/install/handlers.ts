import type { HandlersOf } from '../../operations/define-operation.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import type { installOperations } from './operations.ts'

/** What answers the operations on what is installed. What reads and writes archives is loaded when it is first asked for. */
export function createInstallHandlers(deps: MarketDeps & { readonly options: MarketOptions }): HandlersOf<typeof installOperations> {
  return {
    'marketplace.install': async (input, context) => {
      const { installPackage } = await import('./install.ts')
      const report = await installPackage(deps, input, context)
      const { alsoAt, changed, providers, unresolvedDependencies } = report
      return {
        ...report,
        alsoAt: [...alsoAt],
        changed: changed && [...changed],
        providers: [...providers],
        unresolvedDependencies: [...unresolvedDependencies],
      }
    },
    'marketplace.list': async (input, context) => {
      const { listInstalled } = await import('../list.ts')
      return listInstalled(deps, input, context)
    },
  }
}
