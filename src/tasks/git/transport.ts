import type { ByteReader } from './byte-reader.ts'
import type { Greeting } from './greeting.ts'

export type GitService = 'git-receive-pack' | 'git-upload-pack'

/** What is said to a server: at once, or in pieces as they are made. */
export type GitBody = Uint8Array | AsyncIterable<Uint8Array>

/** One talk with one service of a git server. */
export interface Conversation {
  /** What the server says first. Over http a request of its own, which may be left out. */
  readonly greeting: () => Promise<Greeting>
  /** Says everything and gives what is answered. Once in a conversation. */
  readonly ask: (body: GitBody) => Promise<ByteReader>
}

/** A way to a git server. Faults: those of `GitRemote`. */
export interface GitTransport {
  readonly talk: <T>(
    service: GitService,
    work: (conversation: Conversation) => Promise<T>,
    options: { readonly signal: AbortSignal },
  ) => Promise<T>
}
