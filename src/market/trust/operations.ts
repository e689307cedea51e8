import { showOperations } from './show-operations.ts'
import { wordOperations } from './word-operations.ts'

/** What a node can be asked about who stands behind packages. */
export const trustOperations = [...showOperations, ...wordOperations] as const
