import { resolve } from 'node:path'
import type { declarations } from './catalog.ts'
import { catalog } from './catalog.ts'
import { loadConfig } from './config/load.ts'
import type { Log } from './lib/log.ts'
import { silentLog } from './lib/log.ts'
import { openNode as openComposedNode } from './node.ts'
import { resolveCallerPaths } from './operations/caller-paths.ts'
import type { InputOf, Operation, OutputOf, Progress } from './operations/define-operation.ts'
import type { ProbeReport } from './operations/node-api.ts'

export type { Config } from './config/schema.ts'
export type { FaultKind } from './lib/fault.ts'
export { Fault } from './lib/fault.ts'
export type { Log } from './lib/log.ts'
export type { Progress } from './operations/define-operation.ts'
export type { PartReport, ProbeReport } from './operations/node-api.ts'

type Declared = (typeof declarations)[number]

/** Names of everything a node can be asked: `p2p.publish`, `hive.invite`, … @see docs/reference/commands.md */
export type OperationName = Declared['name']
type Named<Name extends OperationName> = Extract<Declared, { readonly name: Name }>
/** Fields with a default may be left out, as on a command line. */
type GivenInput<T extends Operation> = Partial<InputOf<T>>

/** What an operation is given. */
export type InputFor<Name extends OperationName> = GivenInput<Named<Name>>
/** What an operation answers. */
export type OutputFor<Name extends OperationName> = OutputOf<Named<Name>>

/** What to open. */
export interface NodeOptions {
  /** Folder of keys, journals and content; made when it is missing. One process at a time writes it. */
  readonly home: string
  /** Knobs by `group.name`, such as `{ 'network.mdns': false }`; they win over `config.toml` of the home. @see docs/reference/configuration.md */
  readonly settings?: Readonly<Record<string, boolean | number | string | readonly string[]>>
  /** Whether to connect; without it everything local works. True when not said. */
  readonly peers?: boolean
  /** Name or id of the hive that calls mean when they name none. */
  readonly hive?: string
  readonly log?: Log
  /** Gives up opening. */
  readonly signal?: AbortSignal
}

export interface NodeCallOptions {
  readonly signal?: AbortSignal
  /** Name or id of a hive. */
  readonly hive?: string
  readonly report?: (progress: Progress) => void
}

/** A running node. Dispose it to end it in good order. */
export interface Node extends AsyncDisposable {
  /** Asks the node one thing. @throws Fault with a code from docs/reference/faults.md; the signal's reason when it is aborted */
  readonly call: <Name extends OperationName>(name: Name, input: InputFor<Name>, options?: NodeCallOptions) => Promise<OutputFor<Name>>
  /** How each part is, as `/health/ready` tells it. */
  readonly probe: () => ProbeReport
}

/**
 * Opens a node in this process: all that the command line does, as a library.
 *
 * The first one on a home makes keys and a closed hive. @throws Fault STORE_LOCKED when another process has the home
 */
export async function openNode(options: NodeOptions): Promise<Node> {
  const home = resolve(options.home)
  const config = await loadConfig({ home, environment: { settings: new Map() }, overrides: options.settings ?? {} })
  const node = await openComposedNode({
    home,
    config,
    log: options.log ?? silentLog,
    peers: options.peers ?? true,
    transient: false,
    hive: options.hive,
    signal: options.signal ?? new AbortController().signal,
  })
  const never = new AbortController().signal
  return {
    call: async (name, input, { signal, hive, report } = {}) => {
      const operation = catalog.find((each) => each.name === name)
      const resolved = operation === undefined ? input : resolveCallerPaths(operation, input, process.cwd())
      // The dispatcher parses the input, and its handlers are typed by the same declarations.
      return (await node.call(name, resolved, { signal: signal ?? never, hive, report })) as never
    },
    probe: node.probe,
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  }
}
