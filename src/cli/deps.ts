import type { Config } from '../config/schema.ts'
import type { Environment } from '../config/environment.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { CallContext } from '../operations/define-operation.ts'
import type { Althing } from '../operations/node-api.ts'
import type { ParsedInput } from '../operations/parse-input.ts'

/** What a command needs of a node in this process. */
export interface OpenNodeOptions {
  readonly home: string
  readonly config: Config
  readonly log: Log
  /** Whether the hives' hosts are opened. */
  readonly peers: boolean
  /** A node that serves one command and leaves: it opens no interface, and what it publishes must find copies before it goes. */
  readonly transient: boolean
  /** Name or id of the hive to be in; without it the current one, or a new closed one named after the machine. */
  readonly hive?: string | undefined
  /** Keys and tokens that the environment of the process has, by the end of their variables; they win over files. */
  readonly secrets?: ReadonlyMap<string, string>
  /** Variables that the program is given which prints secrets. */
  readonly keyring?: Readonly<Record<string, string>>
  /** Variables that git and ssh of this machine are given. */
  readonly programs?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Opens a node. @throws Fault STORE_LOCKED when another process has the home */
export type OpenNode = (options: OpenNodeOptions) => Promise<Althing>

/** A node in another process. */
export interface RemoteNode extends AsyncDisposable {
  readonly call: Althing['call']
}

/** Something that is written to: a stream of the process, or a list in a test. */
export interface Sink {
  readonly isTerminal: boolean
  readonly columns: number
  readonly write: (text: string) => void
}

/** What the process hands to its commands. */
export interface CliDeps {
  readonly version: string
  readonly environment: Environment
  readonly clock: Clock
  readonly stdout: Sink
  readonly stderr: Sink
  /** What comes on standard input, as it comes. */
  readonly readInput: () => AsyncIterable<Uint8Array>
  /** Writes bytes to standard output, no faster than they are taken. */
  readonly writeOutput: (bytes: AsyncIterable<Uint8Array>) => Promise<void>
  /** Asks a person for one line; undefined where nobody sits at the other end. @throws the signal's reason */
  readonly askLine: ((question: string, options: { readonly signal: AbortSignal }) => Promise<string>) | undefined
  readonly workingDirectory: string
  /** Aborted by the first SIGINT or SIGTERM, with an `Interruption` as reason. */
  readonly interrupted: AbortSignal
  /** The node that runs on a home; undefined when none does. */
  readonly connect: (home: string) => Promise<RemoteNode | undefined>
  readonly openNode: OpenNode
  /** Whether a node was ever opened on a home. */
  readonly isHome: (home: string) => boolean
  /** Whether there are keys in a home; one that was restored may have none. */
  readonly hasKeys: (home: string) => boolean
  /** Whether a process of this machine still is. */
  readonly isAlive: (pid: number) => boolean
  /** Operations that need no node: `backup.restore`, for which there must be none, and `marketplace.init`, which writes a folder. */
  readonly withoutNode: Readonly<Record<string, (input: ParsedInput, context: CallContext & { readonly home: string }) => Promise<unknown>>>
  /** What can be refused before a home is made for it. @throws Fault about the input */
  readonly refuseEarly: (name: string, input: ParsedInput) => Promise<void>
  /** Starts this program again in the background, writing to a file; resolves with its process id. */
  readonly spawnDetached: (args: readonly string[], options: { readonly logFile: string }) => Promise<DetachedProcess>
}

/** A process that outlives this one. */
export interface DetachedProcess {
  readonly pid: number
  /** Resolves with its exit code if it ends while we watch. */
  readonly ended: Promise<number>
}
