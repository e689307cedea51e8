/** Why the process is to end: the reason of the signal that its commands follow. */
export class Interruption extends Error {
  readonly by: 'SIGINT' | 'SIGTERM'

  constructor(by: 'SIGINT' | 'SIGTERM') {
    super(`${by} came`)
    this.name = 'AbortError'
    this.by = by
  }
}
