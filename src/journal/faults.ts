import { defineFaults } from '../lib/fault.ts'

/** What can stop a request to a journal. */
export const journalFaults = defineFaults({
  ENTRY_TOO_LARGE: { kind: 'invalid', meaning: 'the body of a record is longer than a journal entry may carry' },
  ENTRY_INVALID: { kind: 'invalid', meaning: 'the kind of a record is not 1–64 of a–z, 0–9, dot and hyphen' },
  ENTRY_MISSING: { kind: 'missing', meaning: 'no entry of this name is in our copies of the journals' },
  ENTRY_NOT_OURS: { kind: 'denied', meaning: 'only the author of an entry may erase it' },
})
