import { defineFaults } from '../../lib/fault.ts'

/** What can go wrong with static registries. */
export const registryFaults = defineFaults({
  REGISTRY_URL_INVALID: {
    kind: 'usage',
    meaning: 'What was given is no URL of a registry: http or https, without password, query or fragment. Data: `url`.',
  },
  REGISTRY_NAME_INVALID: { kind: 'usage', meaning: 'A name of a registry is none: 1 to 32 of a-z, 0-9 and hyphens. Data: `name`.' },
  REGISTRY_EXISTS: { kind: 'conflict', meaning: 'There is a registry of this name, or at this URL. Data: `name`, `url`.' },
  REGISTRY_UNKNOWN: { kind: 'missing', meaning: 'This node has no registry of this name. Data: `name`, `known`.' },
  REGISTRY_NONE: { kind: 'missing', meaning: 'registry.mode is central, and this node has no registry to ask. Data: none.' },
  REGISTRY_UNREACHABLE: {
    kind: 'unavailable',
    meaning:
      'A registry did not answer, or not with what was asked for: `url`, `problem`. Or none did where only registries are asked, and nothing is kept of them: `registries` (`name`, `url`, `problem`), and the `packages` asked for. Of bytes: `package`, `version`.',
  },
  REGISTRY_REFUSED: {
    kind: 'denied',
    meaning: 'A registry led where nothing is asked: to a private address, to another protocol, in circles. Data: `url`, `reason`.',
  },
  REGISTRY_INVALID: {
    kind: 'invalid',
    meaning: 'A registry, a folder or a file of one is not as it has to be, or is of another hive than before. Data: `file`, `reason`.',
  },
  ADDRESS_TAKEN: { kind: 'unavailable', meaning: 'An address to show a registry on is none, or is taken. Data: `listen`.' },
  EXPORT_REFUSED: {
    kind: 'conflict',
    meaning: 'A folder to export into holds something else, or the export of another hive. Data: `path`.',
  },
})
