import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with workers. */
export const workersFaults = defineFaults({
  SANDBOX_MISSING: {
    kind: 'unavailable',
    meaning: 'This machine has nothing that keeps an agent away from what is not its own, and nobody said to go without. Data: `reason`.',
  },
  WORKER_CONFIG_INVALID: {
    kind: 'usage',
    meaning: 'A worker was to be started without what it needs, a model or a command, or in a scope that is none. Data: `setting`.',
  },
  WORKER_NAMELESS: {
    kind: 'denied',
    meaning: 'A worker was to be started on a node that may write under no agent name: nothing of its work could be kept. Data: `hive`.',
  },
  WORKER_RUNS: { kind: 'conflict', meaning: 'A worker runs on this node already.' },
  GIT_FAILED: {
    kind: 'unavailable',
    meaning:
      'The git of this machine could not do something, or came to no end: the repository is not reached, or not there. Data: `step`, `reason`.',
  },
  WORK_REFUSED: {
    kind: 'invalid',
    meaning:
      'What an agent left is not pushed: a repository within the repository, more than may be pushed, or a secret of this node. Data: `reason`.',
  },
})
