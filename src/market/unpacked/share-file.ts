import { constants, linkSync } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { failpointAsync } from '../../lib/failpoint.ts'
import { errorCode } from '../../store/faults.ts'
import type { Way } from '../rules/sharing.ts'

export interface SharedFile {
  readonly from: string
  /** Where nothing stands yet. */
  readonly to: string
  readonly isExecutable: boolean
}

/** What a file system says that does not do this between these places. */
const unable = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EINVAL', 'ENOTTY', 'EPERM', 'EMLINK'])

/** Whether a code says that a file cannot be linked or cloned there, and not that the disk failed. */
export function isUnable(code: string | undefined): boolean {
  return unable.has(code ?? '')
}

/**
 * Puts a file of the store somewhere else by the first of some ways that works there, and gives that way.
 *
 * A clone or a copy is a file of its own, writable and made to last; a link is the store's, read-only, and lasts with its folder.
 */
export async function shareFile(file: SharedFile, ways: readonly Way[]): Promise<Way> {
  await failpointAsync('install.share')
  for (const way of ways.slice(0, -1)) {
    try {
      await shareBy(way, file)
      return way
    } catch (error) {
      if (!isUnable(errorCode(error))) throw error
    }
  }
  const last = ways.at(-1) ?? 'copy'
  await shareBy(last, file)
  return last
}

async function shareBy(way: Way, { from, to, isExecutable }: SharedFile): Promise<void> {
  // A link is a line in a folder, in memory until that is synced: making it takes less than asking a thread to.
  if (way === 'link') return linkSync(from, to)
  await copyFile(from, to, constants.COPYFILE_EXCL | (way === 'clone' ? constants.COPYFILE_FICLONE_FORCE : 0))
  await using handle = await open(to, constants.O_RDONLY | constants.O_NOFOLLOW)
  await handle.chmod(isExecutable ? 0o755 : 0o644)
  await handle.sync()
}
