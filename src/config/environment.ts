import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** What the environment says about this run. Read here and nowhere else. */
export interface Environment {
  /** Absolute path of the home: `ALTHING_HOME`, or `.althing` in the user's own. */
  readonly home: string
  /** `NO_COLOR`, set to anything. @see https://no-color.org */
  readonly isColorOff: boolean
  /** `ALTHING_FAILPOINT`, `name=action`: where a crash test wants the process to fail. */
  readonly failpoint: string | undefined
  /** `ALTHING_SECRET_<NAME>`, by `<NAME>`: keys and tokens of others. */
  readonly secrets: ReadonlyMap<string, string>
  /** What git and ssh of this machine are given: where programs are, the user's home, the agent of keys. */
  readonly programs: Readonly<Record<string, string>>
  /** What the program is given that prints secrets: where programs are, the user's home, the session that a keyring is of. */
  readonly keyring: Readonly<Record<string, string>>
  /** Every other variable that begins with `ALTHING_`: settings. */
  readonly settings: ReadonlyMap<string, string>
}

const prefix = 'ALTHING_'
const secretPrefix = 'ALTHING_SECRET_'
/** Variables of ours that are no settings. */
const reserved: ReadonlySet<string> = new Set(['ALTHING_HOME', 'ALTHING_FAILPOINT'])

const programVariables = ['PATH', 'HOME', 'SSH_AUTH_SOCK']
const keyringVariables = [
  ...['PATH', 'HOME', 'USER', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'DISPLAY', 'WAYLAND_DISPLAY'],
  ...['GNUPGHOME', 'GPG_TTY', 'PASSWORD_STORE_DIR'],
]

/** Reads the environment of this process, or a given one. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const settings = new Map<string, string>()
  const secrets = new Map<string, string>()
  for (const [name, value] of Object.entries(variables)) {
    if (!name.startsWith(prefix) || reserved.has(name) || value === undefined) continue
    if (!name.startsWith(secretPrefix)) settings.set(name, value)
    else if (value !== '') secrets.set(name.slice(secretPrefix.length), value)
  }
  const home = variables['ALTHING_HOME']
  return {
    home: home === undefined || home === '' ? join(homedir(), '.althing') : resolve(home),
    isColorOff: (variables['NO_COLOR'] ?? '') !== '',
    failpoint: variables['ALTHING_FAILPOINT'],
    secrets,
    programs: pick(variables, programVariables),
    keyring: pick(variables, keyringVariables),
    settings,
  }
}

function pick(variables: Readonly<Record<string, string | undefined>>, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, variables[name]] as const).filter(isGiven))
}

function isGiven(entry: readonly [string, string | undefined]): entry is readonly [string, string] {
  return entry[1] !== undefined
}
