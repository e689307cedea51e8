import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with keys and certificates. */
export const identityFaults = defineFaults({
  KEY_EXPOSED: { kind: 'denied', meaning: 'A key file or its directory can be read by others than its user.' },
  KEY_CORRUPT: { kind: 'invalid', meaning: 'A key or certificate file does not hold what it should.' },
  KEY_UNWRITABLE: { kind: 'unavailable', meaning: 'A key file could not be written.' },
  OWNER_KEY_ABSENT: { kind: 'missing', meaning: 'What was asked needs the owner key, which is kept elsewhere.' },
  OWNER_EXPORT_INVALID: {
    kind: 'invalid',
    meaning: 'An exported owner key is no such thing, or the passphrase is not the one it was made with.',
  },
  PASSPHRASE_WEAK: { kind: 'invalid', meaning: 'A passphrase is shorter than allowed.' },
  CERTIFICATE_INVALID: { kind: 'invalid', meaning: 'A node certificate is malformed, badly signed or for another node.' },
  NAME_INVALID: { kind: 'usage', meaning: 'A label, an agent name or a role is not one.' },
  AGENT_NAME_TAKEN: { kind: 'denied', meaning: 'An agent name belongs to another owner in a hive of this node. Data: `name`, `hive`.' },
  CERTIFICATE_FULL: {
    kind: 'invalid',
    meaning: 'A certificate would have more agent names or roles than one holds. Data: `count`, `max`.',
  },
  SEAL_DAMAGED: { kind: 'unavailable', meaning: 'Sealed content was changed, cut short, or is sealed to another key. Data: `reason`.' },
  SEAL_KEYS_FULL: {
    kind: 'conflict',
    meaning: 'So many keys for sealed content are kept that no further one is made. Data: `path`, `count`.',
  },
  IDENTITY_FILE_INVALID: { kind: 'invalid', meaning: 'A file named in a request about keys is missing, too long or exists already.' },
})
