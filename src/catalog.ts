import { contextOperations } from './context/operations.ts'
import { healthOperations } from './health/operations.ts'
import { hiveOperations } from './hive/operations.ts'
import { identityOperations } from './identity/operations.ts'
import { marketOperations } from './market/operations.ts'
import { modelsOperations } from './models/operations.ts'
import { networkOperations } from './network/operations.ts'
import type { Operation } from './operations/define-operation.ts'
import { storeOperations } from './store/operations.ts'
import { tasksOperations } from './tasks/operations.ts'
import { workersOperations } from './workers/operations.ts'

/** Every declaration with its literal types: the library's `call` is typed by it. */
export const declarations = [
  ...healthOperations,
  ...networkOperations,
  ...hiveOperations,
  ...identityOperations,
  ...marketOperations,
  ...contextOperations,
  ...modelsOperations,
  ...tasksOperations,
  ...workersOperations,
  ...storeOperations,
] as const

/** Everything a node can be asked, declarations only: loading this loads no handler, no schema library and no SDK. */
export const catalog: readonly Operation[] = declarations
