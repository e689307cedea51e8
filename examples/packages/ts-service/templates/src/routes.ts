/** What a handler is given. */
export interface Call {
  readonly url: URL
  readonly body: Uint8Array
}

/** What it answers; the body becomes JSON. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
}

/** Method and path to handler. */
export const routes: ReadonlyMap<string, (call: Call) => Answer | Promise<Answer>> = new Map([
  ['GET /', () => ({ status: 200, body: { message: 'hello' } })],
  ['GET /health/live', () => ({ status: 204 })],
  ['GET /health/ready', () => ({ status: 204 })],
])
