import type { MarketDeps } from '../market.ts'
import type { RegistryOptions } from './options.ts'
import type { Registries } from './registries.ts'

/** What answers about registries is made of. */
export interface RegistryHandlerDeps extends MarketDeps {
  readonly registries: Registries
  readonly options: { readonly registry: RegistryOptions; readonly maxPackageBytes: number; readonly maxPackageFiles: number }
}
