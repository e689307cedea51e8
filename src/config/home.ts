import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the surfaces keep their files inside a home. What the store keeps is the store's to know. */
export interface HomePaths {
  readonly home: string
  readonly config: string
  /** Bearer token of the HTTP interface, 0600. */
  readonly token: string
  /** What a node started with `--detach` writes. */
  readonly log: string
  /** The unix socket of the running node, and the 0700 folder it lies in. */
  readonly socketFolder: string
  readonly socket: string
}

/** Longest path of a unix socket that every system takes: 104 bytes on macOS, 108 on Linux, with a NUL. */
const maxSocketPathBytes = 103

/** All of them for one absolute home. */
export function homePaths(home: string): HomePaths {
  const near = join(home, 'run')
  const isShort = Buffer.byteLength(join(near, 'node.sock')) <= maxSocketPathBytes
  const socketFolder = isShort ? near : farSocketFolder(home)
  return {
    home,
    config: join(home, 'config.toml'),
    token: join(home, 'http.token'),
    log: join(home, 'node.log'),
    socketFolder,
    socket: join(socketFolder, 'node.sock'),
  }
}

/** For a home whose own path is too long: a folder of this user and this home under the system's temporary folder. */
function farSocketFolder(home: string): string {
  // Loaded here alone: six milliseconds that most commands need not wait.
  const { createHash } = process.getBuiltinModule('node:crypto')
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16)
  return join(tmpdir(), `althing-${process.getuid?.() ?? 0}-${name}`)
}
