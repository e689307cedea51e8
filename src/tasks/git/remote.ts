import type { GitObject, ObjectId } from './objects.ts'

/** One compare-and-swap of a ref. `undefined` stands for "there is no such ref". */
export interface RefUpdate {
  readonly ref: string
  readonly old: ObjectId | undefined
  readonly new: ObjectId | undefined
}

/** What is pushed in one request. The same request may be sent again as it is. */
export interface PushRequest {
  readonly updates: readonly RefUpdate[]
  /** Objects the server may lack: claim commits and the empty tree. */
  readonly objects: readonly GitObject[]
  /** A pack of further objects, as `git pack-objects --stdout` writes it; asked for anew at each sending. */
  readonly openPack?: (options: { readonly signal: AbortSignal }) => AsyncIterable<Uint8Array>
  /** All updates or none. Refused with REMOTE_UNSUPPORTED before anything is sent where the server has no such thing. */
  readonly isAtomic: boolean
}

/** What the server said of one ref. `reason` is the server's own word: for people and `judgeRefusal`. */
export type RefResult =
  | { readonly result: 'accepted'; readonly ref: string }
  | { readonly result: 'refused'; readonly ref: string; readonly reason: string }

/** The server's answer to a push. A push without an answer throws: its outcome is unknown. */
export interface PushResult {
  /** Undefined when the server took the pack; else what it says of it. Nothing was updated then. */
  readonly unpackError: string | undefined
  readonly refs: readonly RefResult[]
}

/** Commits as the server has them. */
export interface FetchedCommits {
  /** Bytes of each commit by name; every name is checked against the bytes. */
  readonly commits: ReadonlyMap<ObjectId, Uint8Array>
  /** What came beside them, by name: commits longer than are kept, with their parents; what is no commit, and can be nobody's parent. */
  readonly others: ReadonlyMap<ObjectId, readonly ObjectId[] | 'no commit'>
}

/** What a server says it can do for pushes. */
export interface RemoteCapabilities {
  readonly isAtomic: boolean
  readonly hasReportStatus: boolean
  readonly agent: string | undefined
}

/**
 * A git server, spoken to without a clone and without a git of ours.
 *
 * Faults of all: REMOTE_UNREACHABLE, REMOTE_TIMEOUT, REMOTE_DENIED, REMOTE_MISSING, REMOTE_MOVED, REMOTE_PROTOCOL, REMOTE_UNSUPPORTED.
 */
export interface GitRemote {
  /** Refs whose names begin with one of `prefixes`, and what they point to. */
  readonly listRefs: (prefixes: readonly string[], options: { readonly signal: AbortSignal }) => Promise<ReadonlyMap<string, ObjectId>>
  /** Sends one push. After REMOTE_UNREACHABLE and REMOTE_TIMEOUT the outcome is unknown; after every other fault nothing was changed. */
  readonly push: (request: PushRequest, options: { readonly signal: AbortSignal }) => Promise<PushResult>
  /** The commits from `want` back to those of `have`, both ends as the server has them. */
  readonly fetchCommits: (
    range: { readonly want: readonly ObjectId[]; readonly have: readonly ObjectId[] },
    options: { readonly signal: AbortSignal },
  ) => Promise<FetchedCommits>
  /** Asked anew each time, also where the server was spoken to before. */
  readonly capabilities: (options: { readonly signal: AbortSignal }) => Promise<RemoteCapabilities>
}

/** What proves to a server over http who we are. Never logged. */
export interface GitCredentials {
  readonly username: string
  readonly password: string
}

/** Limits of one remote; defaults in config/schema.ts. */
export interface RemoteOptions {
  /** One request with its answer. */
  readonly timeoutMs: number
  /** Longest answer that is read: refs, reports, commits. */
  readonly maxAnswerBytes: number
  /** Whether credentials may be sent over http that is not encrypted, to another machine. */
  readonly allowsPlainHttp: boolean
}
