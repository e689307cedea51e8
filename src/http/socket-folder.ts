import { lstat, mkdir } from 'node:fs/promises'
import { httpFaults } from './faults.ts'

/**
 * Makes the socket's folder, or finds it made, and holds it to be a real folder of this user with mode 0700.
 *
 * Under the system's temporary folder anybody may have been there first.
 *
 * @throws Fault SOCKET_UNSAFE
 */
export async function ensureSocketFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await judgeSocketFolder(folder)) === 'unsafe') throw unsafe(folder)
}

/** Whether a client may talk to a socket in there. @throws Fault SOCKET_UNSAFE */
export async function hasSocketFolder(folder: string): Promise<boolean> {
  const verdict = await judgeSocketFolder(folder)
  if (verdict === 'unsafe') throw unsafe(folder)
  return verdict === 'safe'
}

async function judgeSocketFolder(folder: string): Promise<'safe' | 'unsafe' | 'missing'> {
  try {
    const { mode, uid, isDirectory } = await readStat(folder)
    const isOurs = process.getuid === undefined || uid === process.getuid()
    return isDirectory && isOurs && (mode & 0o077) === 0 ? 'safe' : 'unsafe'
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return 'missing'
    throw error
  }
}

/** Without following a link. */
async function readStat(path: string): Promise<{ readonly mode: number; readonly uid: number; readonly isDirectory: boolean }> {
  const stat = await lstat(path)
  return { mode: stat.mode, uid: stat.uid, isDirectory: stat.isDirectory() }
}

function unsafe(folder: string): Error {
  return httpFaults.create('SOCKET_UNSAFE', {
    message: `${folder} must be a folder of this user with mode 0700; it is not, so somebody else could listen in. Remove it or run chmod 700`,
    data: { folder },
  })
}
