import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with workers. */
export const workersFaults = defineFaults({
  SANDBOX_MISSING: {
    kind: 'unavailable',
    meaning: 'This machine has nothing that keeps an agent away from what is not its own, and nobody said to go without. Data: `reason`.',
  },
})
