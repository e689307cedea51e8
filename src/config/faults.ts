import { defineFaults } from '../lib/fault.ts'

/** What can be wrong with a configuration. */
export const configFaults = defineFaults({
  CONFIG_UNREADABLE: { kind: 'usage', meaning: 'The configuration file that was named cannot be read, or is too long. Data: `file`.' },
  CONFIG_SYNTAX: { kind: 'invalid', meaning: 'The configuration file is not TOML. Data: `file`, `line`, `column`.' },
  CONFIG_UNKNOWN: { kind: 'invalid', meaning: 'A setting has a name that no knob has. Data: `name`, `source`, `nearest`.' },
  CONFIG_INVALID: { kind: 'invalid', meaning: 'A setting has a value its knob does not take. Data: `name`, `source`, `allowed`.' },
  SECRET_EXPOSED: { kind: 'denied', meaning: 'The file of a key or token can be read by others. Data: `name`.' },
  SECRET_UNAVAILABLE: {
    kind: 'unavailable',
    meaning: 'The program that `secrets.command` names cannot be run, or does not end. Data: `name`.',
  },
  SECRET_UNREADABLE: { kind: 'usage', meaning: 'The file that was named for a key or token cannot be read. Data: `file`.' },
  SECRET_INVALID: { kind: 'usage', meaning: 'The name of a secret, or the secret, is not of the allowed form. Data: `name`.' },
})
