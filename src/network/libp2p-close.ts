import type { Connection } from '@libp2p/interface'

/** Closes a connection in good order, or cuts it when that takes too long. */
export async function closeOrAbort(connection: Connection, signal: AbortSignal): Promise<void> {
  try {
    await connection.close({ signal })
  } catch (error) {
    connection.abort(error instanceof Error ? error : new Error(String(error)))
  }
}
