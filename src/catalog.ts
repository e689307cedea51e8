import { healthOperations } from './health/operations.ts'
import { marketOperations } from './market/operations.ts'
import type { Operation } from './operations/define-operation.ts'
import { storeOperations } from './store/operations.ts'

/** Everything a node can be asked, declarations only: loading this loads no handler, no schema library and no SDK. */
export const catalog: readonly Operation[] = [...healthOperations, ...marketOperations, ...storeOperations]
