import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with a command itself. */
export const cliFaults = defineFaults({
  USAGE_INVALID: { kind: 'usage', meaning: 'The command, one of its arguments or one of its options is wrong. Exit code 2.' },
  NODE_RUNNING: { kind: 'conflict', meaning: 'A node runs on this home already. Data: `home`.' },
  NODE_NOT_RUNNING: { kind: 'missing', meaning: 'No node runs on this home. Data: `home`.' },
  NODE_START_FAILED: { kind: 'unavailable', meaning: 'The node in the background ended, or was not ready in time. Data: `log`.' },
  HOME_MISSING: { kind: 'missing', meaning: 'The command is about what is in a home, and there is none. Data: `home`.' },
  KEYS_MISSING: {
    kind: 'missing',
    meaning: 'The home has no keys, as after a restore without them, and a command that only reads makes none. Data: `home`.',
  },
  HOME_BUSY: { kind: 'conflict', meaning: 'Another command kept the home to itself for the whole wait. Data: `home`, `waitedMs`.' },
  TIMED_OUT: { kind: 'timeout', meaning: 'The time given with --timeout is over. Data: `timeoutMs`.' },
  INTERRUPTED: { kind: 'unavailable', meaning: 'The command was interrupted. Exit code 130.' },
  INTERNAL: { kind: 'unavailable', meaning: 'A bug. Run again with -v to see where it was.' },
})
