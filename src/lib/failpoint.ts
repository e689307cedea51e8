/**
 * What happens at an armed failpoint.
 *
 * `exit` ends the process as `kill -9` does; `error` throws as the operating system would; `delay` waits.
 */
export type FailpointAction =
  | { readonly action: 'exit' }
  | { readonly action: 'error'; readonly code: FailpointErrorCode }
  | { readonly action: 'delay'; readonly ms: number }

type FailpointErrorCode = 'EIO' | 'ENOSPC'

interface Armed {
  readonly action: FailpointAction
  /** Passes that still go through before the action happens. */
  passesLeft: number
}

/** Longest delay that is taken, in milliseconds. */
const maxDelayMs = 600_000

const armed = new Map<string, Armed>()

/**
 * Reads `name=action` or `name=action@N`: the action happens from the N-th pass on (the first, when nothing is said).
 *
 * Actions are `exit`, `error:EIO`, `error:ENOSPC` and `delay:<ms>`. Undefined for anything else.
 */
export function parseFailpoint(
  text: string,
): { readonly name: string; readonly action: FailpointAction; readonly pass: number } | undefined {
  const match = /^([a-z0-9.-]{1,64})=([a-zA-Z]{1,8})(?::([A-Z0-9]{1,8}))?(?:@([1-9][0-9]{0,8}))?$/.exec(text)
  if (match === null) return undefined
  const action = parseAction(match[2] ?? '', match[3])
  return action === undefined ? undefined : { name: match[1] ?? '', action, pass: Number(match[4] ?? 1) }
}

function parseAction(verb: string, argument: string | undefined): FailpointAction | undefined {
  if (verb === 'exit' && argument === undefined) return { action: 'exit' }
  if (verb === 'error' && (argument === 'EIO' || argument === 'ENOSPC')) return { action: 'error', code: argument }
  if (verb !== 'delay' || argument === undefined || !/^[0-9]+$/.test(argument)) return undefined
  const ms = Number(argument)
  return ms <= maxDelayMs ? { action: 'delay', ms } : undefined
}

/** Makes `failpoint(name)` do `action` from its `pass`-th call on. The names are listed in docs/protocols/store.md. */
export function armFailpoint(name: string, action: FailpointAction, pass = 1): void {
  armed.set(name, { action, passesLeft: pass - 1 })
}

/** Takes one failpoint off again, or all. */
export function disarmFailpoint(name?: string): void {
  if (name === undefined) armed.clear()
  else armed.delete(name)
}

/** A named place where a crash test can interfere. Does nothing unless armed. A delay blocks the thread, as a slow `fsync` of SQLite does. */
export function failpoint(name: string): void {
  const action = takeAction(name)
  if (action === undefined) return
  if (action.action === 'delay') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, action.ms)
  else interfere(name, action)
}

/** Like `failpoint`, in asynchronous code: a delay lets others run. */
export async function failpointAsync(name: string): Promise<void> {
  const action = takeAction(name)
  if (action === undefined) return
  if (action.action === 'delay') await new Promise((wake) => setTimeout(wake, action.ms))
  else interfere(name, action)
}

function takeAction(name: string): FailpointAction | undefined {
  if (armed.size === 0) return undefined
  const found = armed.get(name)
  if (found === undefined) return undefined
  if (found.passesLeft === 0) return found.action
  found.passesLeft -= 1
  return undefined
}

function interfere(name: string, action: Exclude<FailpointAction, { readonly action: 'delay' }>): void {
  if (action.action === 'exit') process.kill(process.pid, 'SIGKILL')
  else throw Object.assign(new Error(`${action.code}: failpoint ${name}`), { code: action.code, syscall: 'failpoint' })
}
