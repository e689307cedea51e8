import type { ZodType, z } from 'zod'

/** zod, handed in when a schema is first needed: declaring an operation loads nothing. */
export interface Zod extends ZodModule {}
/** Given a name above, because declarations written for the package's users cannot name a module of zod's own. */
type ZodModule = typeof z

/** One named input. Plain data, so that a command line can be built without loading a schema library. */
export interface InputField {
  readonly type: 'text' | 'integer' | 'number' | 'flag' | 'texts'
  /** One line for `--help` and the API description. */
  readonly help: string
  /** Without it the input must be given. A flag is false when absent. */
  readonly optional?: boolean
  readonly default?: string | number
  readonly choices?: readonly string[]
  /** Longest text, most texts, or largest number; larger input is refused before it is looked at. 4,096 characters, 256 texts. */
  readonly max?: number
  /** Smallest number. */
  readonly min?: number
  /** Place on a command line; without it, an option `--name`. `rest` takes all that is left and goes with `texts`. */
  readonly position?: number | 'rest'
  /** One-letter option. */
  readonly short?: string
  /** A number of seconds, which a command line takes as `90`, `30m`, `2h` or `1d` too. */
  readonly isDuration?: boolean
  /** Shown in help as `--name <placeholder>`. */
  readonly placeholder?: string
  /** A path of the caller: made absolute in the caller's directory before it is sent. */
  readonly isPath?: boolean
  /** A path that a command line may leave out: what comes on its standard input is then put in a file, whose path goes instead. */
  readonly readsInput?: boolean
  /** A flag with which a person is asked while the command runs: refused where nobody sits at a terminal. */
  readonly asksPerson?: boolean
  /** A text that a command line, where it is left out, takes from the folder: the address of the git remote it was cloned from. */
  readonly isFolderRemote?: boolean
  /** A path that a command line may leave out: a file takes what the node writes, and goes to standard output as it is. Not with `--json`. */
  readonly writesOutput?: boolean
}

/** Something a node can be asked, in one declaration that the HTTP, MCP, A2A and command-line renderings share. */
export interface Operation {
  /** `group.verb`; the command is `althing group verb`. */
  readonly name: string
  /** One line, imperative. */
  readonly summary: string
  readonly input: Readonly<Record<string, InputField>>
  /** Shape of the answer, also of `--json`. */
  readonly output: (zod: Zod) => ZodType
  /** Codes of the faults a caller may want to branch on. */
  readonly faults: readonly string[]
  /** What runs it changes nothing. */
  readonly isReadOnly: boolean
  /** Changes something that must be there: where no home is, none is made for it. What is read-only never makes one. */
  readonly needsHome?: boolean
  /** Whether it needs the hive's hosts to be open: without a running node the command opens them itself. */
  readonly needsPeers: boolean
  /** Literal commands with what they do. */
  readonly examples: readonly { readonly command: string; readonly does: string }[]
  /** Other names of the command, `i` or `install`. */
  readonly aliases?: readonly string[]
  /** A field of the answer: when it is true, a command that was answered still exits 1, because there is something to see to. */
  readonly failsWhen?: string
}

/** The declaration, with its literal types kept. */
export function defineOperation<const T extends Operation>(operation: T): T {
  return operation
}

type FieldValue<F extends InputField> = F['type'] extends 'flag'
  ? boolean
  : F['type'] extends 'integer' | 'number'
    ? number
    : F['type'] extends 'texts'
      ? readonly string[]
      : F extends { readonly choices: readonly (infer Choice)[] }
        ? Choice
        : string

type IsGiven<F extends InputField> = F extends { readonly optional: true }
  ? F extends { readonly default: string | number }
    ? true
    : F['type'] extends 'flag' | 'texts'
      ? true
      : false
  : true

/** What a handler gets: parsed, bounded, defaults filled in. */
export type InputOf<T extends Operation> = {
  readonly [K in keyof T['input'] as IsGiven<T['input'][K]> extends true ? K : never]: FieldValue<T['input'][K]>
} & {
  readonly [K in keyof T['input'] as IsGiven<T['input'][K]> extends true ? never : K]?: FieldValue<T['input'][K]> | undefined
}

/** What a handler answers. */
export type OutputOf<T extends Operation> = z.output<ReturnType<T['output']>>

/** What every handler gets beside its input. */
export interface CallContext {
  readonly signal: AbortSignal
  /** The hive named by the caller (`--hive`), else undefined: the current one. */
  readonly hive: string | undefined
  /** Progress for a person: bounded rate, may be dropped. */
  readonly report: (progress: Progress) => void
}

export interface Progress {
  readonly stage: string
  readonly done: number
  /** Undefined while unknown. */
  readonly total?: number | undefined
  readonly unit: 'bytes' | 'items'
  /** Said at once, and stays on the screen: what a person must know while a command runs on. */
  readonly isNotice?: boolean
  /** Name of a question that `stage` asks: `worker.approve` answers it, and what runs waits for that. */
  readonly question?: string
}

export type Handler<T extends Operation> = (input: InputOf<T>, context: CallContext) => Promise<OutputOf<T>>

/** A handler for every operation of a list, by name. */
export type HandlersOf<List extends readonly Operation[]> = {
  readonly [T in List[number] as T['name']]: Handler<T>
}
