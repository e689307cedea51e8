import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with any operation, before its handler is asked. */
export const operationFaults = defineFaults({
  INPUT_INVALID: {
    kind: 'usage',
    meaning: 'An input is missing, unknown, of another type, too long or outside its choices. Data: `field`, `allowed`.',
  },
  OPERATION_UNKNOWN: { kind: 'missing', meaning: 'No operation has this name. Data: `name`, `nearest`.' },
  OPERATION_LATE: { kind: 'timeout', meaning: 'Something the operation waited for did not come in time. Data: `name`.' },
  OPERATION_UNAVAILABLE: { kind: 'unavailable', meaning: 'This node does not serve the operation. Data: `name`.' },
})
