/** Nodes of one kind in this process, linked as `createLinks` says. */
export interface GossipNetwork extends AsyncDisposable {
  readonly name: string
  readonly size: number
  readonly publish: (place: number, bytes: Uint8Array) => Promise<void>
  /** Calls `listen` for each message that comes to a node from another one. At most one listener. */
  readonly onMessage: (listen: (place: number, bytes: Uint8Array) => void) => void
}

/** Nodes of one kind in this process that keep provider records for each other. */
export interface RoutingNetwork extends AsyncDisposable {
  readonly name: string
  readonly size: number
  /** Resolves when the provider record is where it belongs. `key` has 32 bytes. */
  readonly provide: (place: number, key: Uint8Array, options: { readonly signal: AbortSignal }) => Promise<void>
  /** Whether a provider was found; ends with the first. */
  readonly findFirst: (place: number, key: Uint8Array, options: { readonly signal: AbortSignal }) => Promise<boolean>
  /** How many providers a lookup finds that is walked to its end. */
  readonly findAll: (place: number, key: Uint8Array, options: { readonly signal: AbortSignal }) => Promise<number>
}
