import type { NewsReader, SignedNews } from '../../../src/tasks/talk/protocol.ts'
import { newsReader } from '../../../src/tasks/talk/protocol.ts'

/** Reads each message once for all machines: they are given the very same bytes, and what a signature is worth does not depend on who looks. */
export function createSharedReader(): NewsReader {
  const read = new WeakMap<Uint8Array, { readonly message: SignedNews | undefined }>()
  const signed = new WeakMap<SignedNews, boolean>()
  return {
    parse: (bytes) => {
      const known = read.get(bytes) ?? { message: newsReader.parse(bytes) }
      read.set(bytes, known)
      return known.message
    },
    isSigned: (hive, message) => {
      const known = signed.get(message) ?? newsReader.isSigned(hive, message)
      signed.set(message, known)
      return known
    },
  }
}
