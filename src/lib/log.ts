import type { JsonObject } from './json.ts'

/** Where a part says what a person may want to read later. Never given a secret. */
export interface Log {
  readonly debug: (message: string, fields?: JsonObject) => void
  readonly info: (message: string, fields?: JsonObject) => void
  readonly warn: (message: string, fields?: JsonObject) => void
  readonly error: (message: string, fields?: JsonObject) => void
}

/** Says nothing. For commands that answer on stdout, and for tests. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
