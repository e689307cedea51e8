/** A pause that a forge wants of whoever has one token. */
export interface TokenPause {
  /** Host, and port where it is not the scheme's own. */
  readonly forge: string
  readonly token: string
  /** How long nothing is to be sent, in milliseconds. */
  readonly ms: number
}

/** What the nodes of a hive tell each other of the pauses that forges ask them for: limits are of a token, and several nodes may have one. */
export interface SharedPauses {
  /** Tells the others; the token itself goes nowhere. */
  readonly tell: (pause: TokenPause) => void
  /** How long others were told to send nothing with this token, from now, in milliseconds; 0 for none. */
  readonly heard: (forge: string, token: string) => number
}

/** A node alone. */
export const unsharedPauses: SharedPauses = { tell: () => {}, heard: () => 0 }
