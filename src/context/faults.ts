import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with context. */
export const contextFaults = defineFaults({
  UCXL_INVALID: {
    kind: 'usage',
    meaning: 'A text is no address of context. Data: `field`, `provided`, `offset`, `expected`.',
  },
  ADDRESS_NOT_CONCRETE: {
    kind: 'usage',
    meaning: 'Something was to be written under an address with a wildcard or a temporal segment other than `*^`. Data: `address`.',
  },
  METADATA_INVALID: { kind: 'usage', meaning: 'Metadata or a media type is not of the allowed form. Data: `reason`.' },
  CURSOR_INVALID: { kind: 'invalid', meaning: 'A cursor is none that this list gave. Data: `cursor`.' },
  CONTEXT_TOO_LARGE: { kind: 'invalid', meaning: 'Content is longer than the node takes. Data: `maxBytes`.' },
  WRITER_DENIED: {
    kind: 'denied',
    meaning: 'The agent of an address is none that this node may write as. Data: `agent`, `mayWriteAs`.',
  },
  WRITER_ELSEWHERE: {
    kind: 'denied',
    meaning: 'Another node writes as this agent until it is certified without it or revoked. Data: `agent`, `node`.',
  },
  WRITER_BEHIND: {
    kind: 'unavailable',
    meaning: 'A revoked node wrote as this agent, and its last admitted entries are not here yet. Data: `agent`, `node`.',
  },
  CONDITION_FAILED: {
    kind: 'conflict',
    meaning:
      'The newest version is not the one that a write was to replace. Data: `resource`, `version`, `cid` (of the newest; null for none).',
  },
  RESOURCE_EXISTS: { kind: 'conflict', meaning: 'A resource that was to be new exists. Data: `resource`, `version`.' },
  RESOURCE_MISSING: { kind: 'missing', meaning: 'No version is known here under an address, or none at that moment. Data: `resource`.' },
  RESOURCE_DELETED: {
    kind: 'missing',
    meaning: 'The version that an address means says that there is nothing. Data: `resource`, `version`.',
  },
  TEMPORAL_OUT_OF_BOUNDS: {
    kind: 'invalid',
    meaning: 'A temporal segment leads past the versions that can be read. Data: `requested`, `min`, `max`.',
  },
  SIZE_DIFFERS: {
    kind: 'invalid',
    meaning: 'The content of a version is not as long as its writer says, and is not given. Data: `resource`, `version`, `size`, `found`.',
  },
  VERSION_CONTESTED: {
    kind: 'conflict',
    meaning:
      'Two nodes gave the same number to different versions; each can be read by its content. Data: `resource`, `version`, `entries`.',
  },
  CONTEXT_SEALED: {
    kind: 'denied',
    meaning: 'The version that is asked for is sealed to keys of other nodes. Data: `resource`, `version`, `for`, `isKeyLost`.',
  },
  SEAL_FOR_NOBODY: {
    kind: 'invalid',
    meaning: 'What content is to be sealed for is no role that a member holds, and no member. Data: `target`.',
  },
  RESEAL_WHAT: { kind: 'usage', meaning: 'It was not said what is to be sealed anew: an address, or all.' },
  SEAL_TOO_WIDE: { kind: 'invalid', meaning: 'Content is to be sealed to more nodes than one version can be. Data: `count`, `max`.' },
  ANNOUNCE_LIMITED: {
    kind: 'unavailable',
    meaning: 'This node was asked to announce more than it does. Data: `announcesPerMinute`, `maxAnnounced`.',
  },
  CHECKSUM_DIFFERS: {
    kind: 'conflict',
    meaning: 'What was to be announced is not what the newest version says. Data: `resource`, `field`, `found`.',
  },
  HIVE_OFFLINE: {
    kind: 'unavailable',
    meaning: 'Something needs other members, and no host of the hive is open, or only as long as the command runs. Data: `name`.',
  },
  SESSION_UNKNOWN: { kind: 'missing', meaning: 'A navigation session ended, or never was, or is of another resource. Data: `session`.' },
  FILE_UNREADABLE: { kind: 'missing', meaning: 'A file whose content was to be stored cannot be read. Data: `file`, `reason`.' },
  FILE_UNWRITABLE: { kind: 'invalid', meaning: 'A file that content was to be written to cannot be written. Data: `file`.' },
  WATCH_LAGGED: {
    kind: 'unavailable',
    meaning:
      'A watcher took its events too slowly, and some were let go; or it goes on from a place of an earlier run of the node. Data: `dropped` (null where nobody knows).',
  },
})
