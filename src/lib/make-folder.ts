import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing, as `mkdir -p` does.
 *
 * Not node's `recursive` option: where a folder exists in which nothing can be made (`/proc`), that never comes back and keeps a thread busy.
 * @throws the error of the first folder that could not be made
 */
export async function makeFolder(path: string, options: { readonly mode: number }): Promise<void> {
  if (await isMade(path, options)) return
  await makeFolder(dirname(path), options)
  await mkdir(path, options).catch(async (error: unknown) => {
    // somebody else may have made it meanwhile
    if (!(await isFolder(path))) throw error
  })
}

/** False when the folder above is missing, or was when this was tried: others may make the same ones meanwhile. */
async function isMade(path: string, options: { readonly mode: number }): Promise<boolean> {
  try {
    await mkdir(path, options)
    return true
  } catch (error) {
    if (await isFolder(path)) return true
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
