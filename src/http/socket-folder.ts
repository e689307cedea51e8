import { lstatSync, mkdirSync } from 'node:fs'
import { httpFaults } from './faults.ts'

/**
 * Makes the socket's folder, or finds it made, and holds it to be a real folder of this user with mode 0700.
 *
 * Under the system's temporary folder anybody may have been there first.
 *
 * @throws Fault SOCKET_UNSAFE
 */
export function ensureSocketFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (judgeSocketFolder(folder) === 'unsafe') throw unsafe(folder)
}

/** Whether a client may talk to a socket in there. @throws Fault SOCKET_UNSAFE */
export function hasSocketFolder(folder: string): boolean {
  const verdict = judgeSocketFolder(folder)
  if (verdict === 'unsafe') throw unsafe(folder)
  return verdict === 'safe'
}

function judgeSocketFolder(folder: string): 'safe' | 'unsafe' | 'missing' {
  try {
    // Without following a link. Synchronous, because a thread for it would take longer than the call.
    const stat = lstatSync(folder)
    const isOurs = process.getuid === undefined || stat.uid === process.getuid()
    return stat.isDirectory() && isOurs && (stat.mode & 0o077) === 0 ? 'safe' : 'unsafe'
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return 'missing'
    throw error
  }
}

function unsafe(folder: string): Error {
  return httpFaults.create('SOCKET_UNSAFE', {
    message: `${folder} must be a folder of this user with mode 0700; it is not, so somebody else could listen in. Remove it or run chmod 700`,
    data: { folder },
  })
}
