import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with packages. */
export const marketFaults = defineFaults({
  MANIFEST_MISSING: { kind: 'missing', meaning: 'The folder has no manifest that is read. Data: `path`, `looked`.' },
  MANIFEST_INVALID: {
    kind: 'invalid',
    meaning: 'A manifest says something that is not allowed, or lacks something. Data: `file`, `line`, `column`, `write` (what to write).',
  },
  SOURCE_REFUSED: {
    kind: 'invalid',
    meaning: 'A folder to publish holds something a package may not: a link, a device, a forbidden path. Data: `path`, `reason`.',
  },
  SECRETS_FOUND: {
    kind: 'invalid',
    meaning:
      'A folder to publish holds what looks like secrets; nothing was published. Data: `found` (`path`, `line`, `secret`: which sort, never the thing itself).',
  },
  PACKAGE_TOO_LARGE: { kind: 'invalid', meaning: 'A package has too many files or bytes. Data: `limit`, `unit`.' },
  OWNER_UNKNOWN: { kind: 'denied', meaning: 'This node has no owner that is a member of the hive, so it may not publish. Data: `hive`.' },
  OWNER_UNSAID: {
    kind: 'conflict',
    meaning:
      'A maintainer publishes a name without saying whose package it is: the one maintained, or a new one of their own. Data: `packages`, `ours`.',
  },
  NOT_OWNER: {
    kind: 'denied',
    meaning: 'The package belongs to another owner, who did not make ours a maintainer. Data: `package`, `owner`, `ours`.',
  },
  CONFIRMATION_NEEDED: {
    kind: 'denied',
    meaning:
      'A person has to accept something about a package first, with `--accept KIND --reason TEXT`. Data: `issues`, each with `package`, `version`, `kind`, `message`.',
  },
  OWNER_NOT_FOUND: { kind: 'missing', meaning: 'What was given names no owner that is known here. Data: `wanted`.' },
  PETNAME_INVALID: { kind: 'usage', meaning: 'A name for an owner is no handle, or looks like a fingerprint. Data: `name`.' },
  PETNAME_TAKEN: { kind: 'conflict', meaning: 'Another owner is called so here. Data: `name`, `owner`.' },
  TRUST_REFUSED: {
    kind: 'denied',
    meaning: 'Something about a package that nobody can accept away. Data: `issues`, each with `package`, `version`, `kind`, `message`.',
  },
  TEXT_INVALID: {
    kind: 'usage',
    meaning: 'A reason or a message that is empty, too long, or holds characters that play tricks. Data: `max`.',
  },
  TAG_INVALID: { kind: 'usage', meaning: 'A name for a version that is none, or that means something else. Data: `tag`.' },
  VERSION_EXISTS: {
    kind: 'conflict',
    meaning: 'The version was published before with other bytes; releases never change. Data: `name`, `version`, `published`, `offered`.',
  },
  REFERENCE_INVALID: { kind: 'usage', meaning: 'What was given names no package: NAME, @owner/NAME, NAME@RANGE. Data: `reference`.' },
  PACKAGE_UNKNOWN: { kind: 'missing', meaning: 'The index has no package of this name. Data: `reference`, `nearest`.' },
  PACKAGE_AMBIGUOUS: { kind: 'conflict', meaning: 'Several owners have a package of this name. Data: `name`, `candidates`.' },
  PACKAGE_BLOCKED: {
    kind: 'denied',
    meaning:
      'The person of this node wants nothing of the package, or of its owner, and can take that back. Data: `block`, what to unblock.',
  },
  VERSION_UNKNOWN: {
    kind: 'missing',
    meaning: 'No release matches the range, or the package has no such tag. Data: `reference`, `range`, `versions`, `tags`.',
  },
  PACKAGE_UNAVAILABLE: { kind: 'unavailable', meaning: 'The bytes are not here and nobody can be asked. Data: `cid`.' },
  ARCHIVE_REFUSED: {
    kind: 'invalid',
    meaning: 'An archive is not what its release says, or holds what no package may; nothing was unpacked. Data: `reason`, `path`.',
  },
  OWNER_CHANGED: {
    kind: 'denied',
    meaning: 'The lock names another owner than the one who signed this release. Data: `package`, `locked`, `offered`.',
  },
  NO_MCP_SERVERS: {
    kind: 'missing',
    meaning: 'A package has no MCP servers, or nobody here has the list that names them. Data: `package`.',
  },
  PACKAGE_NAME_INVALID: {
    kind: 'usage',
    meaning: 'What a new package would be called is no name, or not the name of its folder. Data: `name`, `nearest`.',
  },
  FILES_EXIST: { kind: 'conflict', meaning: 'A file that would be written is there already. Data: `path`, `files`.' },
  TARGET_REFUSED: { kind: 'invalid', meaning: 'The place to install into leads elsewhere, by a symbolic link. Data: `path`.' },
  TARGET_OCCUPIED: { kind: 'conflict', meaning: 'Where the package goes is something that was not installed by us. Data: `path`.' },
  DEPENDENCY_CONFLICT: {
    kind: 'conflict',
    meaning:
      'No set of versions meets all that is needed. Data: `needs` (`from`, `versions`, `target`, `ranges`), the fewest that are at odds; `available`.',
  },
  DEPENDENCY_UNKNOWN: {
    kind: 'missing',
    meaning:
      'A package needs one that nobody, or that several, have published here. Data: `package`, `version`, `dependency`, `range`, `candidates`.',
  },
  DEPENDENCIES_TOO_MANY: {
    kind: 'invalid',
    meaning: 'The search for a set of versions was given up: there are too many. Data: `maxSteps`.',
  },
  PACKAGE_NOT_INSTALLED: { kind: 'missing', meaning: 'The lock of this place has no such package. Data: `package`, `nearest`, `lock`.' },
  PACKAGE_NEEDED: {
    kind: 'conflict',
    meaning: 'A package that is to be removed is there because others need it. Data: `package`, `neededBy`.',
  },
  SOURCES_DISAGREE: {
    kind: 'conflict',
    meaning:
      'A hive and a registry, or two, have other bytes for one version of one owner. Data: `package`, `version`, `offered` (`source`, `digest`).',
  },
  LOCK_OUTDATED: { kind: 'conflict', meaning: 'With `--frozen`: the lock would have to change. Data: `lock`, `changes`.' },
  LOCK_INVALID: { kind: 'invalid', meaning: 'An althing.lock cannot be read. Data: `file`, `line`.' },
})
