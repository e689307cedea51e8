/** What a system says when a connection cannot be made, in words. @see errno(3) */
const systemWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to that address',
  ENETUNREACH: 'there is no way to that network',
  EADDRNOTAVAIL: 'there is no way to that address',
  ETIMEDOUT: 'no answer came in time',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up',
}

/** What the errors of libp2p and of deadlines mean, by their names. @see node_modules/@libp2p/interface/src/errors.ts */
const errorWords: Readonly<Record<string, string>> = {
  TimeoutError: 'no answer came in time',
  AbortError: 'no answer came in time',
  InvalidMessageError: 'what answers there is no node of althing',
  ProtocolError: 'what answers there is no node of althing',
  InvalidDataLengthError: 'what answers there is no node of althing',
  InvalidDataLengthLengthError: 'what answers there is no node of althing',
  UnsupportedProtocolError: 'what answers there speaks other protocols',
  EncryptionFailedError: 'what answers there is no node of althing, or not the one meant',
  InvalidCryptoExchangeError: 'what answers there is no node of althing, or not the one meant',
  UnexpectedPeerError: 'a node with another peer id answers there',
  UnexpectedEOFError: 'the connection was cut',
  ConnectionClosedError: 'the connection was cut',
  ConnectionClosingError: 'the connection was cut',
  ConnectionFailedError: 'the connection was cut',
  StreamResetError: 'the connection was cut',
  StreamAbortedError: 'the connection was cut',
  StreamStateError: 'the connection was cut',
  MuxerClosedError: 'the connection was cut',
  NoValidAddressesError: 'no address of it is known',
  DialDeniedError: 'it was refused here',
  ConnectionDeniedError: 'it was refused here',
}

/** Most errors of one dial that are put into words: one for each address it tried. */
const maxReasons = 4

/** Why a dial came to nothing, for a person. Libraries say what failed inside of them; this says what that means. */
export function explainFailure(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.slice(0, maxReasons).map(explainFailure))].join(', ')
  }
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const words = wordsOf(systemWords, code) ?? wordsOf(errorWords, error.name)
  if (words !== undefined) return words
  return error.cause instanceof Error ? explainFailure(error.cause) : (error.message.split('\n', 1)[0] ?? '')
}

function wordsOf(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
