import { commonsOperations } from './commons/operations.ts'
import { installOperations } from './install/operations.ts'
import { publishOperations } from './publish/operations.ts'
import { registryOperations } from './registry/operations.ts'
import { searchOperations } from './search/operations.ts'
import { trustOperations } from './trust/operations.ts'

/** What a node can be asked about packages. */
export const marketOperations = [
  ...publishOperations,
  ...searchOperations,
  ...installOperations,
  ...trustOperations,
  ...registryOperations,
  ...commonsOperations,
] as const
