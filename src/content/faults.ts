import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with content. DISK_FULL, QUOTA_EXCEEDED and BLOCK_CORRUPT are the store's. */
export const contentFaults = defineFaults({
  CONTENT_MISSING: { kind: 'missing', meaning: 'Bytes that were asked for are not on this disk.' },
  CONTENT_UNAVAILABLE: { kind: 'unavailable', meaning: 'No reachable member gave all of the bytes.' },
  CONTENT_TOO_LARGE: { kind: 'invalid', meaning: 'The content is longer than the caller or the format allows.' },
  CONTENT_MISMATCH: { kind: 'invalid', meaning: 'The bytes are others than the name that was expected says; nothing of them is kept.' },
  CONTENT_INVALID: { kind: 'invalid', meaning: 'The bytes behind a CID hash to it and are no list of chunks.' },
})
