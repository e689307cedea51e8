/** Knobs of the `registry` group. */
export interface RegistryOptions {
  readonly mode: 'p2p' | 'central' | 'hybrid'
  /** Whether the packages of the current hive are shown as a registry by this node. */
  readonly serve: boolean
  /** How old what is shown may be, in milliseconds. */
  readonly serveAgeMs: number
  /** How old an answer may be that is not asked for again, in milliseconds. */
  readonly freshMs: number
  /** How long a command waits for all registries, in milliseconds; what is kept is then used. */
  readonly timeoutMs: number
  /** A registry silent for this long is given up, in milliseconds. */
  readonly stallTimeoutMs: number
  /** One archive in all, in milliseconds. */
  readonly fetchTimeoutMs: number
  /** How long one source of an archive is waited for before another is asked too, in milliseconds. */
  readonly hedgeMs: number
  /** Longest file of lines of one name, in bytes. */
  readonly maxIndexBytes: number
  /** Longest list of names or of members, in bytes. */
  readonly maxListBytes: number
  /** Names whose lines one command asks for at most. */
  readonly maxNames: number
}
